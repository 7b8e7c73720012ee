/*
 * Hooks at work: for each hook the oldest undelivered notice is given to its program or sent to its
 * webhook, one at a time and in order; a failure is tried again later, and what is refused or has
 * failed too often becomes a dead letter.
 */
#ifndef OUTBOX_H
#define OUTBOX_H

#include "daemon/conf/config.h"
#include "daemon/notify/hook.h"
#include "daemon/notify/webhook.h"

struct engine;
struct outbox_send_post;

enum outbox_end { /* of one attempt */
		  OUTBOX_TOLD = NOTICE_RESULT_TOLD,
		  OUTBOX_LATER = NOTICE_RESULT_LATER,
		  OUTBOX_DEAD = NOTICE_RESULT_DEAD,
};

struct outbox_slot {
	struct engine *engine;
	struct hook_run *run;	       /* a program that runs, or NULL */
	struct outbox_send_post *post; /* a webhook under way, or NULL; idle: neither */
	int64_t item;		       /* 0: what is firing is said again */
	unsigned attempts;
	bool test;
	bool keeps;	/* its receiver keeps alerts: what began must end */
	bool unsettled; /* it has ended, and the store could not be told: not run again until then
			 */
	enum outbox_end end; /* how it ended */
	int64_t not_before;
	char why[NOTICE_WHY];
	char hook[64]; /* slots belong to names, so that what runs goes on over a reload */
	char domain[256], kind[32];
	bool deaf; /* people were told of a dead letter, and it was not told anything since */
	uint64_t results[NOTICE_RESULTS]; /* attempts by their end, since the daemon began */
	int64_t again_us;		  /* monotonic; when what is firing is said again */
};

struct outbox {
	struct outbox_slot slots[CONFIG_HOOKS];
	const struct config *config; /* for which stale alerts were let rest; only to compare */
	unsigned first;		     /* hook that is looked at first: every one has its turn */
	unsigned posts;		     /* webhooks under way */
	atomic_bool give_up;
	uint64_t waiting, failed;
};

/* Gives idle hooks their next notice. */
void outbox_pump(struct engine *engine, int64_t now);

/* An attempt has ended; `said` is what the receiver answered, or "". */
void outbox_ended(struct outbox_slot *slot, enum outbox_end end, const char *why, const char *said,
		  int64_t retry_after);

/* Stops what runs; the notices stay in the store. Webhooks end soon after. */
void outbox_stop(struct engine *engine);

#endif
