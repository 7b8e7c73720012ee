#include "daemon/tick.h"

#include "daemon/base/when.h"
#include "daemon/chart.h"
#include "daemon/course.h"
#include "daemon/delays.h"
#include "daemon/engine.h"
#include "daemon/picture.h"
#include "daemon/record.h"
#include "daemon/standing.h"
#include "daemon/sys/clock.h"
#include "daemon/sys/log.h"

#include <sysexits.h>
#include <unistd.h>

#define PRUNE_EVERY 600			 /* seconds */
#define FULL_PAUSE (10 * WHEN_SECOND_US) /* between two tries to store counts on a full disk */

static bool
save_counts(struct engine *engine, int64_t now, struct err *err)
{
	for (unsigned i = 0; i < engine->input_count; i++)
		if (engine->inputs[i]->dirty && !input_save(engine->inputs[i], engine->store, err))
			return err_while(err, "source %s", engine->inputs[i]->config->name);
	for (unsigned i = 0; i < engine->domain_count; i++)
		if (!chart_note(engine->domains[i], now, err) ||
		    !domain_save_learned(engine->domains[i], now, engine->closing, err))
			return err_while(err, "domain %s", engine->domains[i]->display);
	return gauges_save(&engine->gauges, engine->store, err) && company_save(engine, now, err);
}

/*
 * Counts, cursors and open queue ids are committed together: exactly once. What the detectors
 * learned, and its line in the chart, go with them. On a full disk all of this waits in memory:
 * what little space there is belongs to decisions.
 */
static bool
count(struct engine *engine, int64_t now, struct err *err)
{
	int64_t now_us = clock_steady_us();
	bool ok, pause = !engine->closing && now_us < engine->count_again_us;

	if (engine->full && (pause || !store_roomy(engine->store)))
		return err_set(err, ERR_SYSTEM, "the disk is full");
	engine->count_again_us = now_us + FULL_PAUSE;
	ok = store_begin(engine->store, err);
	if (ok && !save_counts(engine, now, err)) {
		store_rollback(engine->store);
		ok = false;
	}
	if (!ok || !store_commit(engine->store, err)) {
		for (unsigned i = 0; i < engine->domain_count; i++)
			engine->domains[i]->detect_saved = 0;
		return false;
	}
	for (unsigned i = 0; i < engine->input_count; i++)
		if (engine->inputs[i]->dirty)
			input_saved(engine->inputs[i]);
	gauges_saved(&engine->gauges);
	company_saved(engine->company);
	return true;
}

/* The domains take in what was read, whether it could be stored or not, and look at it. */
static void
observe(struct engine *engine, int64_t now)
{
	for (unsigned i = 0; i < engine->input_count; i++) {
		if (!engine->inputs[i]->dirty)
			continue;
		for (unsigned j = 0; j < engine->domain_count; j++)
			domain_take(engine->domains[j], engine->inputs[i], now);
		input_taken(engine->inputs[i]);
	}
	for (unsigned i = 0; i < engine->domain_count; i++)
		domain_observe(engine->domains[i], now);
	company_settle(engine, now);
}

static bool
decide(struct engine *engine, int64_t now, struct err *err)
{
	for (unsigned i = 0; i < engine->domain_count; i++) {
		struct domain *domain = engine->domains[i];

		domain_tell(domain);
		if ((!engine->closing && !course_decide(domain, now, err)) ||
		    !domain_save(domain, engine->closing, err))
			return err_while(err, "domain %s", domain->display);
	}
	return true;
}

/* A full disk, and its end, are told once. */
static void
tell_full(struct engine *engine, bool full)
{
	if (full)
		record(engine, JOURNAL_FAILURE, "", "",
		       "the disk is full: counts wait in memory, decisions use the space that is "
		       "kept for them beside the database");
	else
		record(engine, JOURNAL_START, "", "",
		       "the disk has space again: counts are stored");
}

/* One try: all that the domains decide is committed, or they are as they were before. */
static bool
attempt(struct engine *engine, int64_t now, bool full, struct err *err)
{
	bool ok = store_begin(engine->store, err);

	record_hold(engine);
	for (unsigned i = 0; i < engine->domain_count; i++)
		domain_keep(engine->domains[i]);
	if (ok && full != engine->full)
		tell_full(engine, full);
	if (ok && !decide(engine, now, err)) {
		store_rollback(engine->store);
		ok = false;
	}
	ok = ok && store_commit(engine->store, err);
	for (unsigned i = 0; !ok && i < engine->domain_count; i++)
		domain_back(engine->domains[i]);
	record_release(engine, ok);
	return ok;
}

/*
 * What was decided, its journal and its intents are committed before anything is done. On a full
 * disk the space that is kept for that is used; its last half only when a domain is split or on its
 * way, so that it can always be restored.
 */
static bool
conclude(struct engine *engine, int64_t now, bool full, struct err *err)
{
	bool ok = attempt(engine, now, full, err), urgent = false;

	for (unsigned i = 0; i < engine->domain_count; i++)
		urgent = urgent || engine->domains[i]->decide.state != DECIDE_NORMAL;
	if (!ok && store_use_reserve(engine->store, urgent))
		ok = attempt(engine, now, full, err);
	if (ok)
		engine->full = full;
	return ok;
}

static void
prune(struct engine *engine, int64_t now)
{
	struct store_keep keep = { .minutes_days = engine->config->keep_minutes / 86400,
				   .hours_days = engine->config->keep_hours / 86400,
				   .journal_rows = engine->config->keep_journal };
	struct err err = { 0 };
	bool ok;

	if (now - engine->last_prune < PRUNE_EVERY)
		return;
	engine->last_prune = now;
	ok = store_prune(engine->store, now, &keep, &err);
	for (unsigned i = 0; ok && i < engine->domain_count; i++)
		ok = domain_know(engine->domains[i], &err);
	if (!ok)
		log_event(LOG_LEVEL_ERROR, "store", "", err.text);
}

/* What the store does not take. True when everything was taken. */
static bool
commit(struct engine *engine, int64_t now)
{
	struct err uncounted = { 0 }, undecided = { 0 };
	char was[sizeof(engine->degraded)];
	struct text text = TEXT(was);
	bool counted, full, concluded;

	text_add_span(&text, span_of(engine->degraded));
	record_catch_up(engine);
	observe(engine, now);
	counted = count(engine, now, &uncounted);
	full = !counted && (engine->full || store_full(engine->store));
	concluded = !store_broken(engine->store) && conclude(engine, now, full, &undecided);
	text = TEXT(engine->degraded);
	if (!concluded)
		text_add(&text, "nothing is decided: %s",
			 undecided.text[0] ? undecided.text : uncounted.text);
	else if (!counted)
		text_add(&text, "counts wait in memory: %s", uncounted.text);
	if (!(counted && concluded) && strcmp(engine->degraded, was) != 0)
		log_event(LOG_LEVEL_ERROR, "store", "", engine->degraded);
	if (store_broken(engine->store))
		_exit(EX_IOERR); /* what is committed stands; only a new start can go on */
	if (counted)
		store_keep_reserve(engine->store);
	return counted && concluded;
}

/* What follows the reading: one transaction for the counts, one for the decisions, then deeds. */
static void
finish(struct engine *engine)
{
	int64_t now = engine->reading.now;
	bool more = reading_end(engine), stored;

	uv_idle_stop(&engine->turn);
	if (!engine->closing)
		gauges_step(engine);
	delays_step(engine, now);
	if (!engine->closing)
		probes_step(engine);
	if (!engine->closing)
		ns_sets_step(engine);
	engine->ticks++;
	stored = commit(engine, now);
	for (unsigned i = 0; !engine->closing && i < engine->domain_count; i++)
		course_act(engine->domains[i], now);
	if (!engine->closing)
		outbox_pump(engine, now);
	if (!engine->closing && stored)
		prune(engine, now);
	engine->snapshot->tick_us = clock_steady_us() - engine->reading.began_us;
	picture_take(engine);
	if (!engine->closing && engine->web)
		web_tell(engine->web);
	if (more && stored && !engine->closing)
		engine_kick(engine);
	if (!engine->closing)
		standing_tell(engine);
}

static void
on_turn(uv_idle_t *turn)
{
	struct engine *engine = turn->data;

	if (!reading_turn(engine))
		finish(engine);
}

/* The first pass is whole, so that nobody is shown less; after the last one there is no turn. */
static void
pass(struct engine *engine)
{
	reading_begin(engine);
	while (reading_turn(engine)) {
		if (engine->ticks == 0 || engine->closing)
			continue;
		uv_idle_start(&engine->turn, on_turn);
		return;
	}
	finish(engine);
}

void
tick(struct engine *engine)
{
	if (!uv_is_active((uv_handle_t *)&engine->turn))
		pass(engine);
}

void
tick_last(struct engine *engine)
{
	engine->closing = true;
	pass(engine);
}
