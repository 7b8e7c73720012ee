/*
 * What people see of the hooks, and what they may ask: a test, dead letters again.
 */
#ifndef OUTBOX_DESK_H
#define OUTBOX_DESK_H

#include "daemon/base/err.h"
#include "daemon/core/notice.h"

struct engine;

MUST_USE bool outbox_desk_show(struct engine *engine, unsigned index, struct notice_hook *out,
			       bool *found_out, struct err *err);

/* ERR_INPUT: no such hook. */
MUST_USE bool outbox_desk_resend(struct engine *engine, const char *hook, const char *by,
				 unsigned *count_out, struct err *err);
MUST_USE bool outbox_desk_test(struct engine *engine, const char *hook, const char *by,
			       int64_t *item_out, struct err *err);

#endif
