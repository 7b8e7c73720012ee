/*
 * The words of a replay, and its settings (tests/replay/README). What happens is read in
 * replay_happen.h, what is expected in replay_test.c.
 */
#ifndef REPLAY_SCRIPT_H
#define REPLAY_SCRIPT_H

#include "daemon/base/scan.h"
#include "daemon/base/when.h"
#include "tests/unit/core/replay_step.h"

/* One replay being read: the world, and where in the text it is. */
struct replay {
	struct world world;
	const char *path;
	unsigned line, expectations;
	bool started, aloud; /* aloud: tells each change (REPLAY_ALOUD=1) */
	struct span words;   /* what is left of the line */
	struct err err;
};

static inline bool
bad(struct replay *r, const char *what)
{
	return err_set(&r->err, ERR_INPUT, "%s:%u: %s", r->path, r->line, what);
}

static inline struct span
word(struct replay *r)
{
	struct span *rest = &r->words, got;
	size_t len = 0;

	while (rest->len && (*rest->at == ' ' || *rest->at == '\t'))
		*rest = span_after(*rest, 1);
	while (len < rest->len && rest->at[len] != ' ' && rest->at[len] != '\t')
		len++;
	got = (struct span){ rest->at, len };
	*rest = span_after(*rest, len);
	return got;
}

/* The rest of the line without blanks at its edges. */
static inline struct span
sentence(struct replay *r)
{
	struct span rest = r->words;

	while (rest.len && (*rest.at == ' ' || *rest.at == '\t'))
		rest = span_after(rest, 1);
	while (rest.len && (rest.at[rest.len - 1] == ' ' || rest.at[rest.len - 1] == '\t'))
		rest.len--;
	r->words = (struct span){ rest.at + rest.len, 0 };
	return rest;
}

static inline bool
is(struct span span, const char *text)
{
	return span_equal(span, span_of(text));
}

static inline bool
number(struct span text, unsigned *out)
{
	struct scan scan = scan_over(text);

	*out = (unsigned)scan_number(&scan, 1000000);
	return scan_done(&scan);
}

/* "HH:MM", "HH:MM:SS", "2d HH:MM" written as "2d03:00". */
static inline bool
moment(struct span text, int64_t *out)
{
	struct scan scan = scan_over(text);
	int64_t days = 0, seconds;

	if (text.len > 2 && memchr(text.at, 'd', text.len)) {
		days = (int64_t)scan_number(&scan, 365);
		scan_text(&scan, SPAN("d"));
	}
	seconds = days * 86400 + scan_digits(&scan, 2, 23) * 3600;
	scan_text(&scan, SPAN(":"));
	seconds += scan_digits(&scan, 2, 59) * 60;
	if (scan_maybe(&scan, SPAN(":")))
		seconds += scan_digits(&scan, 2, 59);
	*out = WORLD_START + seconds;
	return scan_done(&scan);
}

static inline bool
rule(struct decide_rules *rules, struct span name, struct span value)
{
	const struct {
		const char *name;
		int64_t *seconds;
	} durations[] = {
		{ "min-split", &rules->min_split },	{ "calm", &rules->calm },
		{ "max-split", &rules->max_split },	{ "warm-up", &rules->warm_up },
		{ "retry-first", &rules->retry_first }, { "retry-max", &rules->retry_max },
	};

	if (is(name, "mode"))
		return order_mode_from_name(value, &rules->mode);
	if (is(name, "splits-a-day"))
		return number(value, &rules->splits_a_day);
	for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++)
		if (is(name, durations[i].name))
			return when_parse_duration(value, durations[i].seconds);
	return false;
}

static inline bool
read_rules(struct replay *r)
{
	for (struct span pair = word(r); pair.len; pair = word(r)) {
		const char *equals = memchr(pair.at, '=', pair.len);
		size_t len = equals ? (size_t)(equals - pair.at) : 0;

		if (!equals || !rule(&r->world.rules, (struct span){ pair.at, len },
				     span_after(pair, len + 1)))
			return bad(r, "not a rule, wanted mode=, min-split=, calm=, max-split=, "
				      "splits-a-day=, warm-up=, retry-first=, retry-max=");
	}
	return true;
}

/* "threshold 300/5m leave 100": by default the half. */
static inline bool
fixed_rule(struct replay *r)
{
	unsigned leave;

	if (!threshold_parse(word(r), &r->world.rule))
		return bad(r, "wanted 'threshold COUNT/DURATION', and perhaps 'leave COUNT'");
	if (!is(word(r), "leave"))
		return true;
	if (!number(word(r), &leave))
		return bad(r, "leave wants a number");
	r->world.rule.leave = leave;
	return true;
}

static inline bool
percent(struct span text, double *out)
{
	unsigned value;

	if (!span_ends(text, SPAN("%")) ||
	    !number((struct span){ text.at, text.len - 1 }, &value) || value > 100)
		return false;
	*out = value / 100.0;
	return true;
}

/* "office 08:00 18:00 10%" */
static inline bool
office(struct replay *r)
{
	struct streams *s = &r->world.streams;

	if (!moment(word(r), &s->opens) || !moment(word(r), &s->closes) || s->closes <= s->opens ||
	    s->closes > WORLD_START + 86400 || !percent(word(r), &s->night))
		return bad(r, "wanted 'office OPENS CLOSES SHARE%', as 08:00 18:00 10%");
	s->opens -= WORLD_START;
	s->closes -= WORLD_START;
	return true;
}

/* What stands before the first time. */
static inline bool
read_setting(struct replay *r, struct span verb)
{
	struct world *w = &r->world;
	int64_t ttl;
	unsigned seed;

	if (is(verb, "rules"))
		return read_rules(r);
	if (is(verb, "zone"))
		return mx_parse(sentence(r), &w->normal, &r->err) || bad(r, r->err.text);
	if (is(verb, "split-ttl")) {
		if (!when_parse_duration(word(r), &ttl))
			return bad(r, "split-ttl wants a duration");
		w->split_ttl = (uint32_t)ttl;
		return true;
	}
	if (is(verb, "when"))
		return condition_parse(sentence(r), &w->when, &r->err) || bad(r, r->err.text);
	if (is(verb, "threshold"))
		return fixed_rule(r);
	if (is(verb, "office"))
		return office(r);
	if (is(verb, "follow"))
		return percent(word(r), &w->follow) || bad(r, "follow wants a share: 92%");
	if (is(verb, "drawn")) {
		if (!number(word(r), &seed) || seed == 0)
			return bad(r, "drawn wants a seed, a number from 1 on");
		w->streams.seed = seed;
		return true;
	}
	if (!is(verb, "drop"))
		return bad(r, "not known here, wanted rules, zone, drop, split-ttl, when, "
			      "threshold, office, drawn, follow, at, by, until");
	if (w->drops == WORLD_DROPS || !span_copy(word(r), w->drop[w->drops++], MX_NAME))
		return bad(r, "too many or too long names to drop");
	return true;
}

#endif
