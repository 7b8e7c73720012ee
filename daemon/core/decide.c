#include "daemon/core/decide.h"

#include "daemon/core/past.h"
#include "daemon/core/wish.h"

#define FAILURES_PAGE 3 /* so many failures in a row want a person */

void
decide_init(struct decide *decide, int64_t now)
{
	struct text why;

	memset(decide, 0, sizeof(*decide)); /* padding too: it is stored as bytes */
	decide->version = DECIDE_VERSION;
	decide->now = decide->since = now;
	why = TEXT(decide->why);
	text_add(&why, "watched for the first time");
}

/* The only place where the state changes; the caller says why. */
static bool
enter(struct decide *decide, enum decide_state state)
{
	if (decide->state != state)
		decide->since = decide->now;
	decide->state = state;
	switch (state) {
	case DECIDE_NORMAL:
		decide->split_since = 0;
		decide->ordered = 0;
		break;
	case DECIDE_SPLIT:
		if (!decide->split_since)
			decide->split_since = decide->now;
		break;
	case DECIDE_SPLITTING:
	case DECIDE_RESTORING:
	case DECIDE_WAITING:
		return true;
	}
	decide->attempt = DECIDE_NOTHING;
	decide->failures = 0;
	decide->refused = 0;
	return true;
}

static bool
enter_because(struct decide *decide, enum decide_state state, const char *reason)
{
	struct text why = TEXT(decide->why);

	text_add(&why, "%s", reason);
	return enter(decide, state);
}

static void
take_order(struct decide *decide, const struct decide_rules *rules, const struct decide_in *in,
	   struct decide_out *out)
{
	bool ordered = wish_ordered(in);
	struct text why;

	if (ordered &&
	    (decide->order != in->override.order || decide->order_since != in->override.since)) {
		decide->order = in->override.order;
		decide->order_since = in->override.since;
		decide->retry_at = 0; /* whoever orders does not want to wait for a backoff */
		if (decide->order == ORDER_SPLIT)
			decide->hold = DECIDE_GUARD_NONE;
	}
	if (ordered) {
		decide->order_expires = in->override.expires;
	} else if (decide->order != ORDER_AUTO) {
		out->override_ended = in->now >= decide->order_expires;
		why = TEXT(decide->why);
		text_add(&why, "the order '%s' %s; mode %s decides again",
			 order_name(decide->order),
			 out->override_ended ? "has expired" : "was withdrawn",
			 order_mode_name(rules->mode));
		decide->order = ORDER_AUTO;
	}
}

/* The change that was on its way is in the zone; its reason stays the reason of the new state. */
static bool
arrive(struct decide *decide)
{
	bool split = decide->attempt == DECIDE_DO_SPLIT;

	if (split && !decide->ordered)
		past_add_split(decide);
	decide->retry_at = 0;
	decide->shown = split ? DECIDE_SHOWN_SPLIT : DECIDE_SHOWN_NORMAL;
	return enter(decide, split ? DECIDE_SPLIT : DECIDE_NORMAL);
}

static bool
fail(struct decide *decide, const struct decide_rules *rules, enum decide_outcome how)
{
	int64_t delay = rules->retry_first;

	for (unsigned i = 0; i < decide->failures && i < 32 && delay < rules->retry_max; i++)
		delay *= 2;
	decide->refused = how == DECIDE_REFUSED;
	if (decide->refused || delay > rules->retry_max)
		delay = rules->retry_max;
	decide->failures += decide->failures < UINT32_MAX;
	decide->failed = how;
	decide->retry_at = decide->now + delay;
	decide->shown = DECIDE_SHOWN_UNKNOWN;
	return enter(decide, DECIDE_WAITING);
}

/* True: the state changed. */
static bool
take_outcome(struct decide *decide, const struct decide_rules *rules, const struct decide_in *in)
{
	if (decide->sent == DECIDE_NOTHING || in->outcome == DECIDE_NO_OUTCOME)
		return false;
	decide->sent = DECIDE_NOTHING;
	decide->outcome_at = in->now;
	decide->read_at = in->now + 1; /* a reading of this second may be older than the change */
	decide->lagging = in->outcome == DECIDE_UNPROVED;
	if (in->outcome == DECIDE_PROVED || in->outcome == DECIDE_UNPROVED)
		return arrive(decide);
	return fail(decide, rules, in->outcome);
}

/* A reading counts when it began after the last change had its outcome. */
static bool
believed(const struct decide *decide, const struct decide_in *in)
{
	return in->shown != DECIDE_SHOWN_UNKNOWN && in->shown_at > decide->outcome_at;
}

/* One missed reading is no reason to forget the last one; nothing is done on it, though. */
static void
take_reading(struct decide *decide, const struct decide_in *in)
{
	if (in->shown != DECIDE_SHOWN_UNKNOWN)
		decide->unread_since = 0;
	else if (!decide->unread_since)
		decide->unread_since = in->now;
	if (believed(decide, in) && in->shown == DECIDE_SHOWN_DRIFT &&
	    decide->shown != DECIDE_SHOWN_DRIFT)
		decide->drift_since = in->now;
	if (believed(decide, in))
		decide->shown = in->shown;
	else if (decide->unread_since && in->now - decide->unread_since >= DECIDE_UNREAD_AFTER)
		decide->shown = DECIDE_SHOWN_UNKNOWN;
}

/* True: what the zone shows changed the state. */
static bool
take_shown(struct decide *decide, const struct decide_in *in)
{
	bool split = in->shown == DECIDE_SHOWN_SPLIT, normal = in->shown == DECIDE_SHOWN_NORMAL;

	if (decide->sent != DECIDE_NOTHING)
		return false;
	take_reading(decide, in);
	if (!believed(decide, in))
		return false;
	if (in->shown_at >= decide->outcome_at + DECIDE_READ_EVERY)
		decide->lagging = 0;
	if (normal && !decide->normal_since)
		decide->normal_since = in->now;
	switch (decide->state) {
	case DECIDE_NORMAL:
		return split && enter_because(decide, DECIDE_SPLIT,
					      "the zone shows the split set, but not by this "
					      "daemon: split by hand or by another controller");
	case DECIDE_SPLIT:
		if (!normal)
			return false;
		decide->hold = DECIDE_GUARD_BY_HAND;
		return enter_because(decide, DECIDE_NORMAL,
				     "the zone shows the normal set, but not by this daemon: "
				     "restored by hand or by another controller");
	case DECIDE_SPLITTING:
	case DECIDE_RESTORING:
	case DECIDE_WAITING:
		break;
	}
	if ((split && decide->attempt == DECIDE_DO_SPLIT) ||
	    (normal && decide->attempt == DECIDE_DO_RESTORE))
		return arrive(decide);
	if (decide->state == DECIDE_WAITING)
		return false;
	decide->failed = DECIDE_NO_OUTCOME;
	return enter(decide, DECIDE_WAITING);
}

static void
read_soon(struct decide *decide, struct decide_out *out)
{
	if (decide->read_at > decide->now + DECIDE_READ_EVERY)
		decide->read_at = decide->now;
	if (decide->now < decide->read_at)
		return;
	out->action = DECIDE_READ;
	decide->read_at = decide->now + DECIDE_READ_EVERY;
}

static void
hold_back(struct decide *decide, struct decide_out *out, enum decide_guard guard, const char *text)
{
	struct text sentence = TEXT(out->guard);

	decide->guard = guard;
	text_add(&sentence, "%s", text);
}

static void
wait_for_retry(struct decide *decide, enum decide_action wanted, struct decide_out *out)
{
	struct text guard = TEXT(out->guard);

	if (decide->state != DECIDE_WAITING)
		enter(decide, DECIDE_WAITING);
	decide->attempt = wanted;
	decide->guard = DECIDE_GUARD_RETRY;
	out->page = decide->refused || decide->failures >= FAILURES_PAGE;
	text_add(&guard, "the next attempt to %s comes in ",
		 wanted == DECIDE_DO_SPLIT ? "split" : "restore");
	wish_add_duration(&guard, decide->retry_at - decide->now);
	text_add(&guard, " (%u failed)", decide->failures);
}

static void
unread(struct decide *decide, struct decide_out *out)
{
	read_soon(decide, out);
	if (decide->state == DECIDE_WAITING && decide->now < decide->retry_at) {
		wait_for_retry(decide, decide->attempt, out);
		return;
	}
	out->page =
		decide->unread_since && decide->now - decide->unread_since >= DECIDE_UNREAD_AFTER;
	hold_back(decide, out, DECIDE_GUARD_UNREAD,
		  "it is not known what the zone shows: nothing is done until it was read");
}

static void
begin(struct decide *decide, const struct decide_in *in, const struct wish *wish,
      struct decide_out *out)
{
	decide->sent = decide->attempt = out->action =
		wish->split ? DECIDE_DO_SPLIT : DECIDE_DO_RESTORE;
	if (wish->split)
		decide->ordered = wish_ordered(in);
	if (wish->spent)
		decide->hold = DECIDE_GUARD_SPENT;
	enter_because(decide, wish->split ? DECIDE_SPLITTING : DECIDE_RESTORING, wish->why);
}

/* Nothing is to be done: a failed change is no longer wanted, or the zone got there by itself. */
static void
rest(struct decide *decide, bool is_split, struct decide_out *out)
{
	if (decide->state != DECIDE_NORMAL && decide->state != DECIDE_SPLIT)
		enter_because(decide, is_split ? DECIDE_SPLIT : DECIDE_NORMAL,
			      is_split ? "the restore is no longer wanted, the zone stays split"
				       : "the split is no longer wanted, the zone is normal");
	if (!decide->lagging)
		return;
	read_soon(decide, out);
	if (decide->guard != DECIDE_GUARD_NONE)
		return;
	out->page = true;
	hold_back(decide, out, DECIDE_GUARD_LAGGING,
		  "the primary shows the change, but some name servers did not in time");
}

static void
act(struct decide *decide, const struct decide_rules *rules, const struct decide_in *in,
    struct decide_out *out)
{
	bool is_split = decide->shown == DECIDE_SHOWN_SPLIT;
	struct wish wish;

	wish_make(decide, rules, in, is_split, &wish);
	out->page = wish.page;
	hold_back(decide, out, wish.guard, wish.guard_text);
	out->would_split = rules->mode == MODE_OBSERVE && wish.split && !is_split;
	out->would_restore = rules->mode == MODE_OBSERVE && !wish.split && is_split;
	decide->wanted_split = rules->mode == MODE_OBSERVE ? is_split : wish.split;
	if (is_split && wish.split && wish_ordered(in) && rules->mode != MODE_OBSERVE)
		decide->ordered = 1;
	if (decide->retry_at > in->now + rules->retry_max)
		decide->retry_at = in->now + rules->retry_max;
	if (decide->wanted_split == is_split)
		rest(decide, is_split, out);
	else if (!believed(decide, in))
		read_soon(decide, out);
	else if (in->now < decide->retry_at)
		wait_for_retry(decide, wish.split ? DECIDE_DO_SPLIT : DECIDE_DO_RESTORE, out);
	else
		begin(decide, in, &wish, out);
}

static void
think(struct decide *decide, const struct decide_rules *rules, const struct decide_in *in,
      struct decide_out *out)
{
	if (decide->sent != DECIDE_NOTHING)
		return;
	switch (decide->shown) {
	case DECIDE_SHOWN_UNKNOWN:
		unread(decide, out);
		return;
	case DECIDE_SHOWN_DRIFT:
		out->page = decide->state != DECIDE_NORMAL ||
			    in->now - decide->drift_since >= DECIDE_DRIFT_AFTER;
		hold_back(decide, out, DECIDE_GUARD_DRIFT,
			  "the zone shows neither the normal nor the split set: somebody changed "
			  "it, and it is not touched until it shows one of them again");
		return;
	case DECIDE_SHOWN_NORMAL:
	case DECIDE_SHOWN_SPLIT:
		act(decide, rules, in, out);
	}
}

/* Makes "a person is wanted" a call that is made once, and again when it was over in between. */
static void
page_once(struct decide *decide, struct decide_out *out)
{
	bool settled = decide->state == DECIDE_NORMAL || decide->state == DECIDE_SPLIT;

	if (out->page) {
		out->page = decide->sent != DECIDE_NOTHING || decide->guard != decide->paged;
		decide->paged = decide->guard;
	} else if (settled && decide->guard != DECIDE_GUARD_UNREAD) {
		decide->paged = DECIDE_GUARD_NONE;
	}
}

void
decide_step(struct decide *decide, const struct decide_rules *rules, const struct decide_in *in,
	    struct decide_out *out)
{
	enum decide_state state = decide->state;
	enum decide_guard guard = decide->guard;
	int64_t passed = in->now - decide->now;
	struct text why;

	memset(out, 0, sizeof(*out));
	decide->guard = DECIDE_GUARD_NONE;
	past_take_time(decide, in->now);
	take_order(decide, rules, in, out);
	past_take_finding(decide, in, passed);
	/* One change of state a step, so that each is seen and journalled. */
	if (!take_outcome(decide, rules, in) && !take_shown(decide, in))
		think(decide, rules, in, out);
	page_once(decide, out);
	out->state_changed = decide->state != state;
	out->guard_changed = decide->guard != guard;
	out->kind = decide->guard;
	why = TEXT(out->why);
	if (decide->state == DECIDE_WAITING)
		text_add(&why, "%s; wanted because of: ", wish_failure(decide->failed));
	text_add(&why, "%s", decide->why);
}

void
decide_forget_zone(struct decide *decide)
{
	if (decide->sent != DECIDE_NOTHING)
		decide->outcome_at = decide->now;
	decide->sent = DECIDE_NOTHING;
	decide->shown = DECIDE_SHOWN_UNKNOWN;
	decide->unread_since = 0;
	decide->lagging = 0;
	decide->read_at = 0;
}

void
decide_clock_set(struct decide *decide, int64_t seconds)
{
	past_move(decide, seconds);
	decide->now += seconds;
	decide->order_since = order_moved(decide->order_since, seconds);
	decide->order_expires = order_moved(decide->order_expires, seconds);
}

void
decide_new_normal(struct decide *decide, int64_t now)
{
	decide->normal_since = now;
}
