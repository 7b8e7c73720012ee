/*
 * What the tests of decide share: usual rules, a surge, a calm, and one step in time.
 */
#ifndef DECIDE_HELP_H
#define DECIDE_HELP_H

#include "daemon/core/decide.h"
#include "daemon/core/past.h"
#include "daemon/core/wish.h"

#include <criterion/criterion.h>
#include <inttypes.h>

#define MINUTE 60
#define HOUR 3600

static const struct decide_rules usual = {
	.mode = MODE_AUTO,
	.min_split = 30 * MINUTE,
	.calm = 30 * MINUTE,
	.max_split = 24 * HOUR,
	.splits_a_day = 4,
	.retry_first = 5,
	.retry_max = 15 * MINUTE,
};

static const struct finding surge = { .known = true,
				      .surge = true,
				      .rate = 600,
				      .expected = 3.2,
				      .evidence = 14.2,
				      .threshold = 12 };
static const struct finding calm = { .known = true, .rate = 2, .expected = 3.2 };

static inline struct decide_out
step(struct decide *decide, const struct decide_rules *rules, struct decide_in *in, int64_t passed)
{
	struct decide_out out;

	in->now += passed;
	if (in->shown_at >= 0)
		in->shown_at = in->now;
	decide_step(decide, rules, in, &out);
	in->outcome = DECIDE_NO_OUTCOME;
	return out;
}

/* A decide that has been split by itself since `now`, ten minutes after its first step. */
static inline void
make_split(struct decide *decide, const struct decide_rules *rules, struct decide_in *in)
{
	decide_init(decide, 1000000);
	*in = (struct decide_in){ .now = 1000000,
				  .finding = surge,
				  .sources_fresh = true,
				  .shown = DECIDE_SHOWN_NORMAL };
	cr_assert_eq(step(decide, rules, in, 600).action, DECIDE_DO_SPLIT);
	in->outcome = DECIDE_PROVED;
	in->shown = DECIDE_SHOWN_SPLIT;
	step(decide, rules, in, 1);
	cr_assert_eq(decide->state, DECIDE_SPLIT);
}

#endif
