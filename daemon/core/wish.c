#include "daemon/core/wish.h"

#include "daemon/base/when.h"
#include "daemon/core/detect_show.h"
#include "daemon/core/past.h"

#include <inttypes.h>

#define TIME_MOST INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

#define QUOTE_BY 60	/* bytes of a name that a sentence has room for */
#define QUOTE_REASON 90 /* of a reason */

static int64_t
elapsed(int64_t since, int64_t now)
{
	return now > since ? now - since : 0;
}

void
wish_add_duration(struct text *text, int64_t seconds)
{
	int64_t minutes = (seconds + 30) / 60, hours = minutes / 60, days = hours / 24;

	if (seconds < 120)
		text_add(text, "%" PRId64 "s", seconds);
	else if (hours < 2)
		text_add(text, "%" PRId64 "m", minutes);
	else if (hours < 48)
		text_add(text, minutes % 60 ? "%" PRId64 "h%" PRId64 "m" : "%" PRId64 "h", hours,
			 minutes % 60);
	else
		text_add(text, hours % 24 ? "%" PRId64 "d%" PRId64 "h" : "%" PRId64 "d", days,
			 hours % 24);
}

bool
wish_ordered(const struct decide_in *in)
{
	return in->override.order != ORDER_AUTO && in->now < in->override.expires;
}

static void
add_rates(struct text *text, const struct finding *finding)
{
	text_add(text, "%.*f bounces/min, expected %.*f/min", finding->rate < 10 ? 1 : 0,
		 finding->rate, finding->expected < 10 ? 1 : 0, finding->expected);
}

static void
add_reason(struct text *text, const struct decide_in *in)
{
	if (in->ground.reason[0]) {
		text_add(text, "%s", in->ground.reason);
		return;
	}
	text_add(text, "a surge of bounces: ");
	detect_show_sentence(&in->finding, text);
}

/* Sets the guard and begins its sentence. */
static struct text
hold_back(struct wish *wish, enum decide_guard guard)
{
	wish->guard = guard;
	return TEXT(wish->guard_text);
}

static void
restore_because(struct wish *wish, const char *reason)
{
	struct text why = TEXT(wish->why);

	wish->split = false;
	text_add(&why, "%s", reason);
}

/* At most `most` bytes of what somebody else wrote, cut between characters. */
static void
add_quoted(struct text *text, const char *foreign, size_t most)
{
	char quoted[OVERRIDE_REASON];
	struct text quote = text_over(quoted, most + 1);

	text_add_scrubbed(&quote, span_of(foreign));
	text_add(text, "%s%s", quoted, quote.cut ? "..." : "");
}

/* The part of a sentence that names the order: "the order 'split' of anna (list migration)". */
static void
add_order(struct text *text, const struct override *override)
{
	text_add(text, "the order '%s' of ", order_name(override->order));
	add_quoted(text, override->by[0] ? override->by : "an operator", QUOTE_BY);
	if (!override->reason[0])
		return;
	text_add(text, " (");
	add_quoted(text, override->reason, QUOTE_REASON);
	text_add(text, ")");
}

static void
by_order(const struct decide_in *in, struct wish *wish)
{
	struct text why = TEXT(wish->why);
	char until[WHEN_TEXT];

	wish->split = in->override.order == ORDER_SPLIT;
	add_order(&why, &in->override);
	when_rfc3339((in->override.expires < TIME_MOST ? in->override.expires : TIME_MOST) *
			     WHEN_SECOND_US,
		     until);
	text_add(&why, ", until %s", until);
	if (wish->split && in->secondary == DECIDE_PROBE_FAILS) {
		struct text guard = hold_back(wish, DECIDE_GUARD_SECONDARY);

		wish->page = true;
		text_add(&guard, "the order 'split' stands, but the remaining exchanger does not "
				 "answer SMTP: strangers' mail waits at their side");
	}
}

/* The counters of the domain's condition. True: they hold a split back. */
static bool
counters(const struct decide_in *in, struct wish *wish)
{
	bool unknown = in->ground.counters == GROUND_NOT_KNOWN;
	struct text text;

	if (in->ground.counters == GROUND_CONFIRM)
		return false;
	text = hold_back(wish, unknown ? DECIDE_GUARD_COUNTERS : DECIDE_GUARD_CONDITION);
	wish->page = unknown; /* nobody has the protection that was meant */
	text_add(&text, "%s; now ", in->ground.against);
	add_rates(&text, &in->finding);
	return true;
}

/* Without an order nothing is done, but what an order began also ends with it. */
static void
manual(const struct decide *decide, const struct decide_in *in, bool is_split, struct wish *wish)
{
	wish->split = is_split;
	if (is_split && decide->ordered) {
		restore_because(wish, "the order that made this split has ended, and mode manual "
				      "has no reason of its own to keep it");
	} else if (is_split) {
		struct text guard = hold_back(wish, DECIDE_GUARD_MANUAL);

		text_add(&guard, "mode is manual: the zone stays split until an operator orders "
				 "'normal'");
	} else if (in->finding.known && in->finding.surge && !counters(in, wish)) {
		struct text guard = hold_back(wish, DECIDE_GUARD_MANUAL);

		wish->page = true;
		text_add(&guard, "mode is manual: would split, waits for an order: ");
		add_reason(&guard, in);
	}
}

static bool
informed(const struct decide_in *in)
{
	return in->sources_fresh && in->finding.known;
}

static void
silent(const struct decide_in *in, struct wish *wish, const char *consequence)
{
	struct text guard = hold_back(wish, DECIDE_GUARD_SILENT);

	if (in->sources_fresh)
		text_add(&guard, "too little was seen yet to tell a surge from calm: %s",
			 consequence);
	else
		text_add(&guard,
			 "the log sources are silent, which is not the same as no bounces: "
			 "%s",
			 consequence);
}

static void
keep_for_a_while(const struct decide *decide, const struct decide_rules *rules,
		 const struct decide_in *in, struct wish *wish)
{
	int64_t split = elapsed(decide->split_since, in->now);
	int64_t calm = past_calm(decide, rules);
	unsigned splits = past_splits(decide, in->now);
	struct text text;

	if (split < rules->min_split) {
		text = hold_back(wish, DECIDE_GUARD_MIN_SPLIT);
		text_add(&text, "the surge is over, but a split lasts at least ");
		wish_add_duration(&text, rules->min_split);
		text_add(&text, ": ");
		wish_add_duration(&text, rules->min_split - split);
		text_add(&text, " to go");
	} else if (decide->calm_seen < calm) {
		text = hold_back(wish, DECIDE_GUARD_CALM);
		text_add(&text, "the surge is over, restored after ");
		wish_add_duration(&text, calm);
		text_add(&text, " of calm: ");
		wish_add_duration(&text, calm - decide->calm_seen);
		text_add(&text, " to go (%u split%s in the last day)", splits,
			 splits == 1 ? "" : "s");
	} else {
		wish->split = false;
		text = TEXT(wish->why);
		text_add(&text, "the surge is over, calm for ");
		wish_add_duration(&text, decide->calm_seen);
		text_add(&text, ": ");
		add_rates(&text, &in->finding);
	}
}

static void
at_max_split(const struct decide_rules *rules, struct wish *wish)
{
	struct text why = TEXT(wish->why);

	wish->split = false;
	wish->spent = true;
	wish->page = true;
	text_add(&why, "the split has lasted ");
	wish_add_duration(&why, rules->max_split);
	text_add(&why, ", the longest that is allowed (caches no longer tell regulars from "
		       "strangers)");
}

static void
keep_split(const struct decide *decide, const struct decide_rules *rules,
	   const struct decide_in *in, struct wish *wish)
{
	wish->split = true;
	if (elapsed(decide->split_since, in->now) >= rules->max_split) {
		at_max_split(rules, wish);
		return;
	}
	if (in->secondary == DECIDE_PROBE_FAILS && in->primary == DECIDE_PROBE_ANSWERS) {
		wish->page = true;
		restore_because(wish, "the remaining exchanger does not answer SMTP and the "
				      "dropped one does: restored at once");
		return;
	}
	if (in->secondary == DECIDE_PROBE_FAILS) {
		struct text guard = hold_back(wish, DECIDE_GUARD_SECONDARY);

		wish->page = true;
		text_add(&guard, "no exchanger answers SMTP: restoring would not help, the zone "
				 "stays split");
		return;
	}
	if (!informed(in)) {
		wish->page = !in->sources_fresh;
		silent(in, wish, "the split is kept, at most to its longest time");
		return;
	}
	if (!in->finding.surge)
		keep_for_a_while(decide, rules, in, wish);
}

/* Guards against a split although there is a surge. True: one holds. */
static bool
held(const struct decide *decide, const struct decide_rules *rules, const struct decide_in *in,
     struct wish *wish)
{
	int64_t warm = decide->normal_since ? elapsed(decide->normal_since, in->now) : 0;
	unsigned today = past_splits(decide, in->now);
	struct text text;

	if (decide->hold != DECIDE_GUARD_NONE) {
		text = hold_back(wish, decide->hold);
		text_add(&text,
			 "%s: no new split until this surge is over or an operator orders it",
			 decide->hold == DECIDE_GUARD_SPENT
				 ? "the last split was ended at its longest time"
				 : "the zone was restored by hand");
	} else if (warm < rules->warm_up) {
		text = hold_back(wish, DECIDE_GUARD_WARM_UP);
		text_add(&text, "warm-up: caches need the normal set for ");
		wish_add_duration(&text, rules->warm_up);
		text_add(&text, " before a split can work: ");
		wish_add_duration(&text, rules->warm_up - warm);
		text_add(&text, " to go");
	} else if (today >= rules->splits_a_day || today >= DECIDE_SPLITS) {
		text = hold_back(wish, DECIDE_GUARD_CAP);
		wish->page = true;
		text_add(&text,
			 "%u splits in the last 24 hours, allowed are %u: a person has to "
			 "order the next one",
			 today, rules->splits_a_day);
	} else if (in->secondary == DECIDE_PROBE_FAILS) {
		text = hold_back(wish, DECIDE_GUARD_SECONDARY);
		wish->page = true;
		text_add(&text, "the exchanger that a split would keep does not answer SMTP: "
				"a split would leave no way in");
	} else {
		return false;
	}
	text_add(&text, "; now ");
	add_rates(&text, &in->finding);
	return true;
}

static void
begin_split(const struct decide *decide, const struct decide_rules *rules,
	    const struct decide_in *in, struct wish *wish)
{
	struct text why = TEXT(wish->why);

	wish->split = false;
	if (!informed(in)) {
		silent(in, wish, "nothing is decided");
		return;
	}
	if (!in->finding.surge || counters(in, wish) || held(decide, rules, in, wish))
		return;
	wish->split = true;
	add_reason(&why, in);
}

/* Turns a wish for a change into what is only said. */
static void
observe(const struct decide_in *in, bool is_split, struct wish *wish)
{
	struct text guard;

	if (wish->split == is_split)
		return;
	guard = hold_back(wish, DECIDE_GUARD_OBSERVE);
	wish->page = !wish->split; /* a zone that nobody restores */
	text_add(&guard, "mode is observe: would %s: %s%s", wish->split ? "split" : "restore",
		 wish_ordered(in) ? "ordered, but this mode carries no order out: " : "",
		 wish->why);
}

void
wish_make(const struct decide *decide, const struct decide_rules *rules, const struct decide_in *in,
	  bool is_split, struct wish *wish_out)
{
	struct wish wish = { .split = is_split };

	if (wish_ordered(in))
		by_order(in, &wish);
	else if (rules->mode == MODE_MANUAL)
		manual(decide, in, is_split, &wish);
	else if (is_split)
		keep_split(decide, rules, in, &wish);
	else
		begin_split(decide, rules, in, &wish);
	if (rules->mode == MODE_OBSERVE)
		observe(in, is_split, &wish);
	*wish_out = wish;
}

const char *
wish_failure(enum decide_outcome how)
{
	switch (how) {
	case DECIDE_CONFLICT:
		return "the zone was not as expected when the update came (somebody changed it, or "
		       "an earlier update had arrived)";
	case DECIDE_REFUSED:
		return "the update was refused, which does not heal by itself";
	case DECIDE_UNKNOWN:
		return "it is not known whether the update was applied";
	case DECIDE_FAILED:
		return "the update was not applied (the events say what the name server answered)";
	case DECIDE_NO_OUTCOME:
	case DECIDE_PROVED:
	case DECIDE_UNPROVED:
		break;
	}
	return "a restart came while an update was on its way, and the zone does not show it";
}
