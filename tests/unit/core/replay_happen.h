/*
 * What happens in a replay: the lines that begin with a time, but for what is expected
 * (tests/replay/README).
 */
#ifndef REPLAY_HAPPEN_H
#define REPLAY_HAPPEN_H

#include "tests/unit/core/replay_script.h"

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
	*override = (struct override){ .since = world_wall(&r->world) };
	if (!order_from_name(name, &override->order) || !is(word(r), "for") ||
	    !when_parse_duration(word(r), &seconds) || !is(word(r), "by"))
		return bad(r, "wanted 'order split|normal for DURATION by WHO REASON...'");
	override->expires = override->since + seconds;
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

/* "12/min" */
static inline bool
a_minute(struct span text, double *out)
{
	unsigned value;

	if (!span_ends(text, SPAN("/min")) ||
	    !number((struct span){ text.at, text.len - 4 }, &value))
		return false;
	*out = value;
	return true;
}

/* "over 6h" */
static inline bool
over(struct replay *r, struct stream *stream)
{
	int64_t seconds;

	if (!is(word(r), "over") || !when_parse_duration(word(r), &seconds) || seconds < 1)
		return false;
	stream->end = stream->begin + seconds;
	return true;
}

static inline bool
kind_of(struct span name, enum stream_kind *out)
{
	static const char *const names[] = { [STREAM_UNTOLD] = "",
					     [STREAM_OURS] = "ours",
					     [STREAM_STRANGERS] = "strangers",
					     [STREAM_DICTIONARY] = "dictionary" };

	for (unsigned i = STREAM_OURS; i <= STREAM_DICTIONARY; i++)
		if (is(name, names[i])) {
			*out = (enum stream_kind)i;
			return true;
		}
	return false;
}

static inline bool
bounces(struct replay *r, struct stream *stream)
{
	struct world *w = &r->world;
	struct span next;
	double debt = stream->debt;

	*stream = (struct stream){ .begin = w->now, .end = w->now, .debt = debt };
	if (!a_minute(word(r), &stream->rate))
		return bad(
			r,
			"wanted 'NUMBER/min [to NUMBER/min over DURATION | fading over DURATION] "
			"[ours|strangers|dictionary] [NUMBER% dropped]'");
	stream->to = stream->rate;
	next = word(r);
	if (is(next, "fading")) {
		*stream = (struct stream){
			.rate = stream->rate, .begin = w->now, .fades = true, .debt = debt
		};
		if (!over(r, stream))
			return bad(r, "wanted 'NUMBER/min fading over DURATION'");
		next = word(r);
	} else if (is(next, "to")) {
		if (!a_minute(word(r), &stream->to) || !over(r, stream))
			return bad(r, "wanted 'NUMBER/min to NUMBER/min over DURATION'");
		next = word(r);
	}
	if (kind_of(next, &stream->kind))
		next = word(r);
	if (next.len && (!percent(next, &w->share) || !is(word(r), "dropped")))
		return bad(r, "wanted how many of them are at what is dropped: '93% dropped'");
	w->detecting = true;
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

/* "+1h", "-1d" */
static inline bool
jump(struct span text, int64_t *out)
{
	bool back = text.len > 0 && text.at[0] == '-';
	int64_t seconds;

	if (text.len < 2 || (text.at[0] != '+' && !back) ||
	    !when_parse_duration(span_after(text, 1), &seconds))
		return false;
	*out = back ? -seconds : seconds;
	return true;
}

/* The logs' stamps go forward or back. */
static inline bool
stamps_jump(struct replay *r)
{
	int64_t seconds;

	if (!jump(word(r), &seconds))
		return bad(r, "wanted 'clock +1h' or 'clock -1h'");
	r->world.clock += seconds;
	return true;
}

/* "set-clock +1h", "set-clock 250 times every 2m" */
static inline bool
set_clock(struct replay *r)
{
	struct world *w = &r->world;
	struct span how = word(r);
	int64_t seconds;

	if (jump(how, &seconds)) {
		w->wrong += seconds;
		return true;
	}
	w->next_set = w->now;
	return (number(how, &w->sets) && is(word(r), "times") && is(word(r), "every") &&
		when_parse_duration(word(r), &w->set_every)) ||
	       bad(r, "wanted 'set-clock +1h' or 'set-clock NUMBER times every DURATION'");
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
		return bounces(r, &w->streams.ordinary);
	if (is(verb, "further"))
		return bounces(r, &w->streams.further);
	if (is(verb, "office"))
		return office(r);
	if (is(verb, "counter"))
		return counter(r);
	if (is(verb, "delay"))
		return delay(r);
	if (is(verb, "clock"))
		return stamps_jump(r);
	if (is(verb, "set-clock"))
		return set_clock(r);
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
