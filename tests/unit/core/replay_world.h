/*
 * The world of a replay: one name server, one domain, the real decide and plan, virtual seconds.
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

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#define WORLD_START INT64_C(1800057600) /* 2027-01-16T00:00:00Z */
#define WORLD_TIMEOUT 10		/* seconds until an update without answer is given up */
#define WORLD_DEADLINE 30		/* seconds for all servers to show a change */
#define WORLD_WATCH 30
#define WORLD_DROPS 4
#define WORLD_COUNTERS 4

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
	double rate, debt;	/* bounces a minute; not yet arrived */
	double share;		/* of them, at the exchangers that a split drops */
	bool marked, strangers; /* logs tell of whom they are; strangers', not our mail's */
	int64_t clock;		/* seconds by which the hosts' clock is wrong */
	struct detect detect;

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
	char broken[200];			/* a promise that was not kept, or "" */
};

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
world_send(struct world *w, bool split)
{
	w->changes++;
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
	if (met)
		w->zone = w->want;
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
	w->in.shown_at = w->asked;
	if (w->asked && w->asked >= w->now - 3 * WORLD_WATCH && !w->reading && !w->waiting)
		w->in.shown = shown[plan_compare(&w->view, &w->normal, &w->split)];
}

static inline bool
world_counter(void *ctx, struct span name, double *value_out)
{
	const struct world *w = ctx;

	for (unsigned i = 0; i < w->counters; i++)
		if (w->counter[i].known && span_equal(name, span_of(w->counter[i].name))) {
			*value_out = w->counter[i].value;
			return true;
		}
	return false;
}

/* Bounces of this second, and a mail at each minute's beginning. */
static inline void
world_reach(struct world *w, double bounces)
{
	struct effect_reach *minute = &w->reach[w->now / 60 % (EFFECT_WINDOW / 60)];

	if (w->now % 60 == 0)
		*minute = (struct effect_reach){ .mail = 1, .mail_there = 1 };
	minute->bounces += bounces;
	minute->bounces_there += bounces * w->share;
}

static inline void
world_judge(struct world *w)
{
	struct effect_in in = { .now = w->now,
				.split_since = w->decide.split_since,
				.split_ttl = w->split_ttl,
				.delay = w->delay_there };

	for (unsigned i = 0; i < EFFECT_WINDOW / 60; i++) {
		in.reach.bounces += w->reach[i].bounces;
		in.reach.mail += w->reach[i].mail;
		in.reach.bounces_there += w->reach[i].bounces_there;
		in.reach.mail_there += w->reach[i].mail_there;
	}
	effect_step(&w->effect, &in, &w->effects);
	w->told += w->effects.tell + w->effects.tell_waits;
}

static inline void
world_detect(struct world *w)
{
	struct detect_in in = { .time = w->now + w->clock,
				.period = 1,
				.silent = !w->in.sources_fresh };
	struct threshold_in counted = { .time = w->now, .silent = in.silent };
	struct threshold_finding fixed = { 0 };

	w->debt += w->rate / 60;
	in.count = in.silent ? 0 : floor(w->debt);
	w->debt -= in.count;
	if (w->marked) {
		in.evidence.known = 1U << EVIDENCE_UNKNOWN_USERS | 1U << EVIDENCE_CLIENTS |
				    1U << EVIDENCE_ASKED;
		in.evidence.with_client = in.count;
		in.evidence.unknown_users = in.count * (w->strangers ? 0.7 : 0.05);
		in.evidence.new_clients = in.count * (w->strangers ? 0.7 : 0.2);
		in.evidence.asked = in.count * (w->strangers ? 0.02 : 0.6);
	}
	counted.count = (int64_t)in.count;
	if (w->detecting)
		detect_step(&w->detect, &in, &w->found);
	if (w->rule.count)
		threshold_step(&w->threshold, &w->rule, &counted, &fixed);
	world_reach(w, in.count);
	w->in.finding = w->found;
	ground_find(&w->when, &w->found, w->rule.count ? &fixed : NULL, world_counter, w,
		    &w->in.ground);
	w->in.finding.known = w->in.ground.known;
	w->in.finding.surge = w->in.ground.there;
}

static inline void
world_act(struct world *w)
{
	bool change = w->out.action == DECIDE_DO_SPLIT || w->out.action == DECIDE_DO_RESTORE;

	if (change && w->waiting)
		snprintf(w->broken, sizeof(w->broken), "a change while another is on its way");
	else if (change && w->rules.mode == MODE_OBSERVE)
		snprintf(w->broken, sizeof(w->broken), "a change in mode observe");
	else if (change)
		world_send(w, w->out.action == DECIDE_DO_SPLIT);
	else if (!w->reading && !w->waiting &&
		 (w->out.action == DECIDE_READ || w->now >= w->next_read)) {
		w->reading = w->now;
		w->next_read = w->now + WORLD_WATCH;
	}
	if (w->zone.count == 0)
		snprintf(w->broken, sizeof(w->broken), "the zone has no MX left");
}

/* One second. */
static inline void
world_step(struct world *w)
{
	w->now++;
	world_apply(w);
	world_look(w);
	world_detect(w);
	w->in.now = w->now;
	decide_step(&w->decide, &w->rules, &w->in, &w->out);
	world_judge(w);
	w->pages += w->out.page;
	w->expired += w->out.override_ended;
	world_act(w);
}

/* The daemon ends and starts again; a packet that was sent goes on its way. */
static inline bool
world_restart(struct world *w, bool unsent)
{
	struct decide decide = w->decide; /* what the store would hold */
	struct detect detect = w->detect;
	struct threshold threshold = w->threshold;
	struct effect effect = w->effect;

	decide_init(&w->decide, w->now);
	detect_init(&w->detect, &detect_default_rules);
	threshold_init(&w->threshold);
	effect_init(&w->effect);
	memset(w->reach, 0, sizeof(w->reach));
	if (!decide_load(&w->decide, &decide, sizeof(decide)) ||
	    !detect_load(&w->detect, &detect, sizeof(detect)) ||
	    !threshold_load(&w->threshold, &threshold, sizeof(threshold)) ||
	    !effect_load(&w->effect, &effect, sizeof(effect)))
		return false;
	decide_forget_zone(&w->decide);
	w->waiting = false;
	w->packet = w->packet && !unsent;
	w->asked = w->reading = w->next_read = 0;
	return true;
}

#endif
