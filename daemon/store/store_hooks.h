/*
 * What is known of each hook beside its outbox: its last success and failure, and of each alert
 * that begins and ends what it was told last.
 */
#ifndef STORE_HOOKS_H
#define STORE_HOOKS_H

#include "daemon/store/store.h"

#define STORE_HOOKS_WHY 256
#define STORE_HOOKS_PAYLOAD 8192 /* as STORE_OUTBOX_PAYLOAD */

struct store_hooks_state {
	int64_t told, told_at;	   /* item and seconds of the last success; 0: none */
	int64_t failed, failed_at; /* of the last failure */
	char why[STORE_HOOKS_WHY];
	uint64_t waiting, dead;
	bool failing; /* the first in line has failed */
};

MUST_USE bool store_hooks_state(struct store *store, const char *hook,
				struct store_hooks_state *out, struct err *err);

MUST_USE bool store_hooks_told(struct store *store, const char *hook, int64_t item, int64_t now,
			       struct err *err);
MUST_USE bool store_hooks_failed(struct store *store, const char *hook, int64_t item, int64_t now,
				 const char *why, struct err *err);

struct store_hooks_alert {
	int64_t item; /* that told it last; 0: none */
	bool firing;
	char payload[STORE_HOOKS_PAYLOAD]; /* of that item */
};

MUST_USE bool store_hooks_alert(struct store *store, const char *hook, const char *domain,
				const char *alert, struct store_hooks_alert *out, struct err *err);

/* The item, which is still in the outbox, told that the alert began, or that it ended. */
MUST_USE bool store_hooks_note(struct store *store, int64_t item, const char *domain,
			       const char *alert, bool firing, struct err *err);

/* It is not said again any more. `alert` NULL: no alert of this hook is. */
MUST_USE bool store_hooks_quiet(struct store *store, const char *hook, const char *domain,
				const char *alert, struct err *err);

/* The payloads of what is firing. */
MUST_USE bool store_hooks_firing(struct store *store, const char *hook,
				 void (*each)(void *ctx, struct span payload), void *ctx,
				 struct err *err);

/* The hooks that have alerts firing. */
MUST_USE bool store_hooks_each(struct store *store, void (*each)(void *ctx, struct span hook),
			       void *ctx, struct err *err);

#endif
