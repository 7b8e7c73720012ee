/*
 * The words of a replay: settings and happenings (tests/replay/README). What is expected is read in
 * replay_test.c.
 */
#ifndef REPLAY_SCRIPT_H
#define REPLAY_SCRIPT_H

#include "daemon/base/scan.h"
#include "daemon/base/when.h"
#include "tests/unit/core/replay_world.h"

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

/* What stands before the first time. */
static inline bool
read_setting(struct replay *r, struct span verb)
{
	struct world *w = &r->world;
	int64_t ttl;

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
	if (!is(verb, "drop"))
		return bad(r, "not known here, wanted rules, zone, drop, split-ttl, when, "
			      "threshold, at, by, until");
	if (w->drops == WORLD_DROPS || !span_copy(word(r), w->drop[w->drops++], MX_NAME))
		return bad(r, "too many or too long names to drop");
	return true;
}

static inline bool
order(struct replay *r)
{
	struct override *override = &r->world.in.override;
	struct span name = word(r), key;
	int64_t seconds;

	if (is(name, "withdrawn")) {
		override->order = ORDER_AUTO;
		return true;
	}
	*override = (struct override){ .since = r->world.now };
	if (!order_from_name(name, &override->order) || !is(word(r), "for") ||
	    !when_parse_duration(word(r), &seconds) || !is(word(r), "by"))
		return bad(r, "wanted 'order split|normal for DURATION by WHO REASON...'");
	override->expires = r->world.now + seconds;
	key = word(r);
	return (span_copy(key, override->by, OVERRIDE_BY) &&
		span_copy(sentence(r), override->reason, OVERRIDE_REASON)) ||
	       bad(r, "name or reason is too long");
}

static inline bool
server(struct replay *r)
{
	static const struct {
		const char *name;
		enum server server;
	} ways[] = {
		{ "answers", SERVER_ANSWERS },
		{ "refuses", SERVER_REFUSES },
		{ "fails", SERVER_FAILS },
		{ "silent", SERVER_SILENT },
		{ "loses-answer", SERVER_LOSES_ANSWER },
	};
	struct world *w = &r->world;
	struct span way = word(r);

	if (is(way, "lags"))
		return when_parse_duration(word(r), &w->lag) || bad(r, "lags wants a duration");
	if (is(way, "takes"))
		return when_parse_duration(word(r), &w->delay) || bad(r, "takes wants a duration");
	if (is(way, "queues")) {
		w->server = SERVER_QUEUES;
		return when_parse_duration(word(r), &w->queue) || bad(r, "queues wants a duration");
	}
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (is(way, ways[i].name)) {
			w->server = ways[i].server;
			return true;
		}
	return bad(r, "a server answers, refuses, fails, silent, loses-answer, lags DURATION, "
		      "takes DURATION, queues DURATION");
}

static inline bool
probe(struct replay *r, enum decide_probe *out)
{
	struct span how = word(r);

	*out = is(how, "answers") ? DECIDE_PROBE_ANSWERS
	       : is(how, "fails") ? DECIDE_PROBE_FAILS
				  : DECIDE_PROBE_NONE;
	return *out != DECIDE_PROBE_NONE || bad(r, "a probe answers or fails");
}

static inline bool
surge(struct replay *r, bool on)
{
	r->world.detecting = false;
	r->world.found = (struct finding){ .known = true,
					   .surge = on,
					   .rate = on ? 600 : 3,
					   .expected = 3,
					   .evidence = on ? 40 : 0,
					   .threshold = 12 };
	return true;
}

static inline bool
bounces(struct replay *r)
{
	struct span rate = word(r);
	unsigned value;

	if (!span_ends(rate, SPAN("/min")) ||
	    !number((struct span){ rate.at, rate.len - 4 }, &value))
		return bad(r, "wanted 'bounces NUMBER/min [ours|strangers] [NUMBER% dropped]'");
	r->world.rate = value;
	rate = word(r);
	r->world.strangers = is(rate, "strangers");
	r->world.marked = r->world.strangers || is(rate, "ours");
	if (r->world.marked)
		rate = word(r);
	if (rate.len && (!span_ends(rate, SPAN("%")) || !is(word(r), "dropped") ||
			 !number((struct span){ rate.at, rate.len - 1 }, &value) || value > 100))
		return bad(r, "wanted how many of them are at what is dropped: '93% dropped'");
	r->world.share = rate.len ? value / 100.0 : r->world.share;
	r->world.detecting = true;
	return true;
}

/* "counter mta1.load1 9.5", "counter mta1.load1 silent" */
static inline bool
counter(struct replay *r)
{
	struct world *w = &r->world;
	struct span name = word(r), value = word(r);
	char text[32];
	unsigned i = 0;

	while (i < w->counters && !is(name, w->counter[i].name))
		i++;
	if (i == WORLD_COUNTERS || !span_copy(name, w->counter[i].name, 64) ||
	    !span_copy(value, text, sizeof(text)) || !value.len)
		return bad(r, "wanted 'counter NAME NUMBER|silent', at most four names");
	w->counters += i == w->counters;
	w->counter[i].known = !is(value, "silent");
	w->counter[i].value = w->counter[i].known ? strtod(text, NULL) : 0;
	return true;
}

/* "delay 84s 164s": of mail at what is dropped, median and 90th percentile. */
static inline bool
delay(struct replay *r)
{
	struct span median = word(r);
	int64_t first, most;

	r->world.delay_there = (struct effect_delay){ 0 };
	if (is(median, "unknown"))
		return true;
	if (!when_parse_duration(median, &first) || !when_parse_duration(word(r), &most))
		return bad(r, "wanted 'delay MEDIAN MOST' or 'delay unknown'");
	r->world.delay_there = (struct effect_delay){ true, (double)first, (double)most };
	return true;
}

/* The clock goes forward or back. */
static inline bool
clock_jumps(struct replay *r)
{
	struct span jump = word(r);
	int64_t seconds;
	bool back = jump.len > 0 && jump.at[0] == '-';

	if (jump.len < 2 || (jump.at[0] != '+' && !back) ||
	    !when_parse_duration(span_after(jump, 1), &seconds))
		return bad(r, "wanted 'clock +1h' or 'clock -1h'");
	r->world.clock += back ? -seconds : seconds;
	return true;
}

static inline bool
edit(struct replay *r)
{
	struct world *w = &r->world;
	struct span what;

	if (!is(word(r), "zone"))
		return bad(r, "wanted 'edit zone normal|split|TTL PREFERENCE NAME...'");
	what = sentence(r);
	if (is(what, "normal"))
		w->zone = w->normal;
	else if (is(what, "split"))
		w->zone = w->split;
	else if (!mx_parse(what, &w->zone, &r->err))
		return bad(r, "wanted 'edit zone normal|split|TTL PREFERENCE NAME...'");
	return true;
}

/* Something happens. False with an empty error: not the word for a happening. */
static inline bool
happen(struct replay *r, struct span verb)
{
	struct world *w = &r->world;
	struct span how;

	if (is(verb, "surge") || is(verb, "calm"))
		return surge(r, is(verb, "surge"));
	if (is(verb, "bounces"))
		return bounces(r);
	if (is(verb, "counter"))
		return counter(r);
	if (is(verb, "delay"))
		return delay(r);
	if (is(verb, "clock"))
		return clock_jumps(r);
	if (is(verb, "edit"))
		return edit(r);
	if (is(verb, "order"))
		return order(r);
	if (is(verb, "server"))
		return server(r);
	if (is(verb, "primary"))
		return probe(r, &w->in.primary);
	if (is(verb, "secondary"))
		return probe(r, &w->in.secondary);
	if (is(verb, "mode"))
		return order_mode_from_name(word(r), &w->rules.mode) || bad(r, "no such mode");
	if (is(verb, "sources")) {
		how = word(r);
		w->in.sources_fresh = is(how, "heard");
		return is(how, "heard") || is(how, "silent") || bad(r, "sources heard or silent");
	}
	if (is(verb, "restart")) {
		how = word(r);
		if (how.len && !is(how, "unsent"))
			return bad(r, "wanted 'restart' or 'restart unsent'");
		return world_restart(w, how.len > 0) || bad(r, "the stored state was not taken");
	}
	return false;
}

#endif
