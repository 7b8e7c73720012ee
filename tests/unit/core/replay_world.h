/*
 * The world of a replay: one name server, one domain, the real decide and plan, virtual seconds.
 * How a second goes by is in replay_step.h.
 *
 * The driver's habits are those of the daemon: one exchange with the server at a time, a reading
 * every 30 seconds, a reading older than 90 is no reading.
 */
#ifndef REPLAY_WORLD_H
#define REPLAY_WORLD_H

#include "daemon/core/decide.h"
#include "daemon/core/detect.h"
#include "daemon/core/effect.h"
#include "daemon/core/ground.h"
#include "daemon/core/plan.h"
#include "daemon/core/step.h"
#include "tests/unit/core/replay_stream.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define WORLD_START INT64_C(1800057600) /* 2027-01-16T00:00:00Z */
#define WORLD_TIMEOUT 10		/* seconds until an update without answer is given up */
#define WORLD_DEADLINE 30		/* seconds for all servers to show a change */
#define WORLD_WATCH 30
#define WORLD_DROPS 4
#define WORLD_COUNTERS 4
#define WORLD_CHANGES 64	    /* the last ones, for the busiest day */
#define WORLD_JUMP_MOST 315360000.0 /* ten years */

enum server {
	SERVER_ANSWERS,
	SERVER_REFUSES,
	SERVER_FAILS,
	SERVER_SILENT,
	SERVER_LOSES_ANSWER,
	SERVER_QUEUES
};

struct world {
	struct decide_rules rules;
	struct decide decide;
	struct decide_in in;
	struct decide_out out;
	int64_t now;

	char drop[WORLD_DROPS][MX_NAME];
	unsigned drops;
	uint32_t split_ttl;
	struct mx_set normal, split; /* split: count 0 when none can be planned */

	struct mx_set zone; /* the truth */
	enum server server;
	int64_t delay, lag, queue; /* seconds */
	bool packet;		   /* an update is on its way to the server */
	int64_t applies_at;
	struct mx_set from, want;
	bool waiting; /* for its outcome */
	int64_t outcome_at;
	enum decide_outcome outcome; /* NO_OUTCOME: not yet known */

	int64_t reading, next_read; /* reading: since when, 0 = is not */
	struct mx_set view;
	int64_t asked;

	bool detecting; /* findings come from the detector, not from `surge` and `calm` */
	struct finding found;
	struct streams streams;
	double share;	/* of the bounces, at the exchangers that a split drops; */
	double follow;	/* of these, that go elsewhere when the zone says so, and */
	int64_t shrunk; /* the split set stands there since then; 0: it does not */
	int64_t clock;	/* seconds by which the logs' stamps are wrong, and nobody knows */
	struct detect detect;

	int64_t wrong; /* seconds by which this machine's clock was set wrong */
	struct step step;
	unsigned sets; /* times that it will still be set, */
	int64_t set_every, next_set;
	uint64_t set_seed;

	struct condition when;
	struct threshold_rule rule; /* count 0: none */
	struct threshold threshold;
	struct effect effect;
	struct effect_finding effects;
	struct effect_delay delay_there;
	struct effect_reach reach[EFFECT_WINDOW / 60]; /* by minute */
	unsigned counters;
	struct {
		char name[64];
		bool known;
		double value;
	} counter[WORLD_COUNTERS];

	unsigned changes, pages, expired, told; /* told: verdicts on the effect */
	unsigned surges;			/* that the detector found */
	unsigned alerts; /* splits and restores that are proved, pages, no effect */
	unsigned busiest_hour, busiest_day; /* changes in them */
	int64_t changed[WORLD_CHANGES];
	char broken[200]; /* a promise that was not kept, or "" */
};

/* This machine's wall clock. */
static inline int64_t
world_wall(const struct world *w)
{
	return w->now + w->wrong;
}

static inline void
world_start(struct world *w)
{
	const char *drop[WORLD_DROPS];

	for (unsigned i = 0; i < w->drops; i++)
		drop[i] = w->drop[i];
	w->zone = w->normal;
	if (!plan_split(&w->normal, drop, w->drops, w->split_ttl, &w->split, NULL))
		w->split.count = 0;
	w->now = WORLD_START;
	w->share = 1;
	effect_init(&w->effect);
	w->delay = 1;
	w->in.sources_fresh = true;
	w->found = (struct finding){ .known = true, .rate = 3, .expected = 3 };
	if (w->when.count == 0 && !condition_parse(SPAN("surge"), &w->when, NULL))
		abort();
	threshold_init(&w->threshold);
	decide_init(&w->decide, w->now);
	detect_init(&w->detect, &detect_default_rules);
}

static inline void
world_count_change(struct world *w)
{
	unsigned hour = 0, day = 0;

	w->changed[w->changes++ % WORLD_CHANGES] = w->now;
	for (unsigned i = 0; i < WORLD_CHANGES && i < w->changes; i++)
		hour += w->changed[i] > w->now - 3600, day += w->changed[i] > w->now - 86400;
	w->busiest_hour = hour > w->busiest_hour ? hour : w->busiest_hour;
	w->busiest_day = day > w->busiest_day ? day : w->busiest_day;
}

static inline void
world_send(struct world *w, bool split)
{
	world_count_change(w);
	w->waiting = true;
	w->outcome = DECIDE_NO_OUTCOME;
	w->from = w->view;
	w->want = split ? w->split : w->normal;
	w->applies_at = w->now + w->delay;
	w->outcome_at = w->now + w->delay;
	w->packet = false;
	if (w->want.count == 0) {
		w->outcome = DECIDE_REFUSED; /* no such set can be planned */
		return;
	}
	switch (w->server) {
	case SERVER_REFUSES:
		w->outcome = DECIDE_REFUSED;
		return;
	case SERVER_FAILS:
		w->outcome = DECIDE_FAILED;
		return;
	case SERVER_LOSES_ANSWER:
	case SERVER_QUEUES:
		if (w->server == SERVER_QUEUES)
			w->applies_at = w->now + w->queue;
		w->server = SERVER_ANSWERS;
		w->packet = true;
		w->outcome = DECIDE_UNKNOWN;
		break;
	case SERVER_SILENT:
		w->outcome = DECIDE_UNKNOWN;
		break;
	case SERVER_ANSWERS:
		w->packet = true;
		return;
	}
	w->outcome_at = w->now + WORLD_TIMEOUT;
}

/* RFC 2136: the prerequisite names the whole set; its TTL is not compared. */
static inline void
world_apply(struct world *w)
{
	bool met = mx_same_records(&w->zone, &w->from);

	if (!w->packet || w->now < w->applies_at)
		return;
	w->packet = false;
	if (met) {
		w->zone = w->want;
		w->shrunk = mx_same_records(&w->zone, &w->normal) ? 0 : w->now;
	}
	if (w->outcome != DECIDE_NO_OUTCOME || !w->waiting)
		return;
	w->outcome = !met		       ? DECIDE_CONFLICT
		     : w->lag > WORLD_DEADLINE ? DECIDE_UNPROVED
					       : DECIDE_PROVED;
	w->outcome_at =
		!met ? w->now : w->now + (w->lag > WORLD_DEADLINE ? WORLD_DEADLINE : w->lag);
}

static inline void
world_look(struct world *w)
{
	static const enum decide_shown shown[] = { [PLAN_SHOWS_NORMAL] = DECIDE_SHOWN_NORMAL,
						   [PLAN_SHOWS_SPLIT] = DECIDE_SHOWN_SPLIT,
						   [PLAN_SHOWS_DRIFT] = DECIDE_SHOWN_DRIFT };

	if (w->reading && w->now > w->reading) {
		if (w->server != SERVER_SILENT) {
			w->view = w->zone;
			w->asked = w->reading;
		}
		w->reading = 0;
	}
	w->in.outcome = DECIDE_NO_OUTCOME;
	if (w->waiting && w->outcome != DECIDE_NO_OUTCOME && w->now >= w->outcome_at) {
		w->in.outcome = w->outcome;
		w->waiting = false;
		if (w->outcome == DECIDE_PROVED || w->outcome == DECIDE_UNPROVED) {
			w->view = w->zone;
			w->asked = w->now;
		}
	}
	w->in.shown = DECIDE_SHOWN_UNKNOWN;
	w->in.shown_at = w->asked + w->wrong;
	if (w->asked && w->asked >= w->now - 3 * WORLD_WATCH && !w->reading && !w->waiting)
		w->in.shown = shown[plan_compare(&w->view, &w->normal, &w->split)];
}

#endif
