/*
 * How a second of a replay goes by: what arrives, what is found in it, decided and done.
 */
#ifndef REPLAY_STEP_H
#define REPLAY_STEP_H

#include "tests/unit/core/replay_world.h"

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
	bool followed = w->shrunk && w->now > w->shrunk + w->split_ttl;

	if (w->now % 60 == 0)
		*minute = (struct effect_reach){ .mail = 1, .mail_there = 1 };
	minute->bounces += bounces;
	minute->bounces_there += bounces * w->share * (followed ? 1 - w->follow : 1);
}

static inline void
world_judge(struct world *w)
{
	struct effect_in in = { .now = world_wall(w),
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
	w->alerts +=
		(w->effects.tell && w->effects.verdict == EFFECT_NONE) || w->effects.tell_waits;
}

static inline void
world_detect(struct world *w)
{
	struct detect_in in = { .time = world_wall(w) - w->step.apart + w->clock,
				.period = 1,
				.silent = !w->in.sources_fresh };
	struct threshold_in counted = { .time = world_wall(w), .silent = in.silent };
	struct threshold_finding fixed = { 0 };

	streams_come(&w->streams, w->now, in.silent, &in);
	counted.count = (int64_t)in.count;
	if (w->detecting)
		detect_step(&w->detect, &in, &w->found);
	w->surges += w->found.changed && w->found.surge;
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

/* The clock is set, once forward, then back by as much; the daemon's own code takes it in. */
static inline void
world_clock(struct world *w)
{
	int64_t seconds, apart, us = INT64_C(1000000);

	if (w->sets && w->now >= w->next_set) {
		w->wrong = w->wrong ? 0
				    : (int64_t)draw_between(&w->set_seed, 1, WORLD_JUMP_MOST) *
					      (draw(&w->set_seed) < 0.5 ? -1 : 1);
		w->next_set = w->now + w->set_every;
		w->sets--;
	}
	seconds = step_take(&w->step, world_wall(w) * us, w->now * us);
	if (seconds) {
		decide_clock_set(&w->decide, seconds);
		threshold_clock_set(&w->threshold, seconds);
		effect_clock_set(&w->effect, seconds);
		w->in.override.since = order_moved(w->in.override.since, seconds);
		w->in.override.expires = order_moved(w->in.override.expires, seconds);
	}
	apart = step_believe(&w->step, w->now * us);
	if (apart)
		detect_clock_set(&w->detect, apart);
}

/* Those who asked for splits, restores and failures are told. */
static inline void
world_alert(struct world *w)
{
	bool proved = w->in.outcome == DECIDE_PROVED;

	w->pages += w->out.page;
	w->alerts += w->out.page || proved;
}

/* One second. */
static inline void
world_step(struct world *w)
{
	w->now++;
	world_clock(w);
	world_apply(w);
	world_look(w);
	world_detect(w);
	w->in.now = world_wall(w);
	decide_step(&w->decide, &w->rules, &w->in, &w->out);
	world_judge(w);
	world_alert(w);
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
	memset(&w->step, 0, sizeof(w->step));
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
