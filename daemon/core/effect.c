#include "daemon/core/effect.h"

#include "daemon/base/names.h"
#include "daemon/core/wish.h"

#define SEEN_LATE 60 /* seconds after its beginning a split is first seen: before is not known */
#define TIME_MOST (INT64_C(1) << 40)

void
effect_init(struct effect *effect)
{
	memset(effect, 0, sizeof(*effect)); /* padding too: it is stored as bytes */
	effect->version = EFFECT_VERSION;
}

static double
share(double part, double all, double least)
{
	return all >= least ? part / all : -1;
}

static void
begin(struct effect *effect, const struct effect_in *in, const struct effect_finding *now)
{
	bool late = in->now - in->split_since > SEEN_LATE;

	effect->split_since = in->split_since;
	effect->told = EFFECT_OPEN;
	effect->told_at = 0;
	effect->waits = 0;
	effect->bounces_before = late ? -1 : now->bounces_now;
	effect->mail_before = late ? -1 : now->mail_now;
}

/* What is left of the share before; without one, of all. */
static enum effect_verdict
judge(double before, double now)
{
	double left = before > 0 ? now / before : now;

	if (now < 0)
		return EFFECT_OPEN;
	if (left <= EFFECT_WORKS)
		return EFFECT_HELPS;
	return left > EFFECT_FAILS ? EFFECT_NONE : EFFECT_IN_PART;
}

/* A verdict is told when it is another one than the last, and that one is not quite new. */
static bool
tell(struct effect *effect, enum effect_verdict verdict, int64_t now)
{
	if (verdict == EFFECT_OPEN || verdict == effect->told ||
	    (effect->told_at && now - effect->told_at < EFFECT_AGAIN))
		return false;
	effect->told = verdict;
	effect->told_at = now;
	return true;
}

/* What is not known changes nothing. */
static void
judge_waits(struct effect *effect, const struct effect_in *in, struct effect_finding *out)
{
	bool waits = effect->waits;

	if (in->split_since && in->delay.known)
		waits = in->delay.most >= (waits ? EFFECT_FLOWS : EFFECT_WAITS);
	out->delay = in->delay;
	out->waits = waits;
	out->tell_waits = waits != (bool)effect->waits;
	effect->waits = waits;
}

void
effect_step(struct effect *effect, const struct effect_in *in, struct effect_finding *out)
{
	const struct effect_reach *reach = &in->reach;

	*out = (struct effect_finding){
		.verdict = EFFECT_OPEN,
		.after = in->split_since ? in->now - in->split_since : 0,
		.bounces_now = share(reach->bounces_there, reach->bounces, EFFECT_BOUNCES),
		.mail_now = share(reach->mail_there, reach->mail, EFFECT_MAIL),
	};
	if (in->split_since != effect->split_since)
		begin(effect, in, out);
	out->bounces_before = effect->bounces_before;
	out->mail_before = effect->mail_before;
	judge_waits(effect, in, out);
	if (!in->split_since || out->after < in->split_ttl + EFFECT_WINDOW)
		return;
	out->verdict = judge(effect->bounces_before, out->bounces_now);
	out->tell = tell(effect, out->verdict, in->now);
}

void
effect_clock_set(struct effect *effect, int64_t seconds)
{
	int64_t *const instants[] = { &effect->split_since, &effect->told_at };

	for (unsigned i = 0; i < sizeof(instants) / sizeof(instants[0]); i++)
		if (*instants[i]) /* 0 is "never" */
			*instants[i] = *instants[i] + seconds > 0 ? *instants[i] + seconds : 1;
}

static void
add_before(struct text *text, double before)
{
	if (before >= 0)
		text_add(text, " (%.0f %% before)", 100 * before);
}

void
effect_explain(const struct effect_finding *finding, const char *there, struct text *text)
{
	static const char *const begins[EFFECT_VERDICTS] = {
		[EFFECT_HELPS] = "the split works",
		[EFFECT_IN_PART] = "the split works in part",
		[EFFECT_NONE] = "the split has no effect",
	};

	if (finding->verdict == EFFECT_OPEN)
		return;
	text_add(text, "%s: %.0f %% of the bounces%s reach %s ", begins[finding->verdict],
		 100 * finding->bounces_now, finding->verdict == EFFECT_HELPS ? "" : " still",
		 there);
	wish_add_duration(text, finding->after);
	text_add(text, " after it");
	add_before(text, finding->bounces_before);
	if (finding->mail_now >= 0) {
		text_add(text, ", and %.0f %% of the mail", 100 * finding->mail_now);
		add_before(text, finding->mail_before);
	}
	if (finding->verdict == EFFECT_NONE)
		text_add(text, ". Their senders looked the name up before the split or keep their "
			       "sessions open; docs/rules.md says what helps there");
}

void
effect_explain_waits(const struct effect_finding *finding, const char *there, struct text *text)
{
	if (!finding->waits && !finding->tell_waits)
		return;
	text_add(text, finding->waits ? "mail waits at %s" : "mail no longer waits at %s", there);
	if (finding->delay.known) {
		text_add(text, ": what was delivered there in the last ten minutes had been ");
		wish_add_duration(text, (int64_t)finding->delay.median);
		text_add(text, " on its way (median), one in ten over ");
		wish_add_duration(text, (int64_t)finding->delay.most);
	}
	if (finding->waits)
		text_add(text, ". A split moves nothing that was accepted before it; "
			       "docs/rules.md says what helps there");
}

const char *
effect_name(enum effect_verdict verdict)
{
	static const struct name names[] = { { EFFECT_OPEN, "open" },
					     { EFFECT_HELPS, "helps" },
					     { EFFECT_IN_PART, "in-part" },
					     { EFFECT_NONE, "none" } };

	return names_name(names, sizeof(names) / sizeof(names[0]), (int)verdict);
}

bool
effect_load(struct effect *effect, const void *bytes, size_t length)
{
	struct effect stored;

	if (length != sizeof(stored))
		return false;
	memcpy(&stored, bytes, sizeof(stored));
	if (stored.version != EFFECT_VERSION || stored.told >= EFFECT_VERDICTS ||
	    stored.waits > 1 || stored.split_since < 0 || stored.split_since > TIME_MOST ||
	    stored.told_at < 0 || stored.told_at > TIME_MOST ||
	    !(stored.bounces_before >= -1 && stored.bounces_before <= 1) ||
	    !(stored.mail_before >= -1 && stored.mail_before <= 1))
		return false;
	*effect = stored;
	return true;
}
