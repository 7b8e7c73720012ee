#include "daemon/tick.h"

#include "daemon/base/when.h"
#include "daemon/chart.h"
#include "daemon/course.h"
#include "daemon/delays.h"
#include "daemon/engine.h"
#include "daemon/picture.h"
#include "daemon/record.h"
#include "daemon/sys/clock.h"
#include "daemon/sys/log.h"
#include "daemon/wall.h"

#include <sysexits.h>
#include <unistd.h>

#define PRUNE_EVERY 600 /* seconds */
#define FULL_PAUSE 10	/* seconds between two tries to store counts on a full disk */

/* Which formats were found where that was to be found out, and queue ids that had no room. */
static void
tell_reading(struct engine *engine, struct input *input)
{
	const struct reader_stats *stats = reader_stats(input->reader);
	unsigned formats = 0;
	char mtas[64];
	struct text text = TEXT(mtas);

	for (int i = FORMAT_AUTO + 1; i < FORMATS; i++)
		if (stats->of_format[i])
			text_add(&text, "%s%s", formats++ ? " and " : "", format_mta(i));
	if (formats > input->told_formats && input->config->format == FORMAT_AUTO)
		record(engine, JOURNAL_SOURCE, "", "",
		       "source %s is the log of %s (found by its lines)", input->config->name,
		       mtas);
	if (formats > input->told_formats)
		input->told_formats = formats;
	if (stats->dropped <= input->told_forgotten * 2)
		return;
	input->told_forgotten = stats->dropped;
	record(engine, JOURNAL_SOURCE, "", "",
	       "source %s: %llu queue ids were forgotten because too many were open; their bounces "
	       "count without a domain",
	       input->config->name, (unsigned long long)stats->dropped);
}

/* What was not counted is not counted later either. */
static void
tell_uncounted(struct engine *engine, struct input *input)
{
	uint64_t lost = tally_lost(input->tally);

	if (lost == 0 || input->told_uncounted)
		return;
	input->told_uncounted = true;
	record(engine, JOURNAL_SOURCE, "", "",
	       "source %s: %llu events were not counted because there was no memory; its counts "
	       "are too low",
	       input->config->name, (unsigned long long)lost);
}

/* A wrong format, or another program's log, is no failure and looks like peace. */
static void
tell_strange(struct engine *engine, struct input *input)
{
	char sentence[SNAPSHOT_TEXT] = "";
	struct text text = TEXT(sentence);

	if (input->told_strange)
		return;
	input_strange(input, &text);
	if (!sentence[0])
		return;
	input->told_strange = true;
	record(engine, JOURNAL_SOURCE, "", "", "source %s: %s; is it the right log and format?",
	       input->config->name, sentence);
}

/* What cannot be read, silence, its end, and lines that the log itself calls lost are told, once
 * each. */
static void
tell_source(struct engine *engine, struct input *input, int64_t now)
{
	int64_t silent_after = engine->config->silent_after;
	enum input_told tell = input_tell(input, now, silent_after);
	const char *name = input->config->name;

	if (input->lost)
		record(engine, JOURNAL_SOURCE, "", "", "source %s: %s", name, input->lost_why);
	if (input->lost)
		input->last_gap = now;
	input->lost = false;
	if (tell == input->told)
		return;
	input->told = tell;
	switch (tell) {
	case INPUT_TOLD_NOTHING:
		break;
	case INPUT_TOLD_HEARD:
		record(engine, JOURNAL_SOURCE, "", "", "source %s is heard", name);
		break;
	case INPUT_TOLD_SILENT:
		record(engine, JOURNAL_SOURCE, "", "",
		       "source %s is silent: no line for %lld s; that says nothing about bounces",
		       name, (long long)silent_after);
		break;
	case INPUT_TOLD_LATE:
		record(engine, JOURNAL_SOURCE, "", "",
		       "source %s: its lines are more than %lld s old when they come; is its zone "
		       "or a clock wrong? They are counted, but no reason to act",
		       name, (long long)engine->config->stale_after);
		break;
	case INPUT_TOLD_ERROR:
		record(engine, JOURNAL_SOURCE, "", "", "source %s cannot be read: %s", name,
		       input->error);
		break;
	}
}

/* Reads every source. True when one of them has more to give at once. */
static bool
read_sources(struct engine *engine, int64_t now)
{
	bool more = false;

	for (unsigned i = 0; i < engine->input_count; i++) {
		struct input *input = engine->inputs[i];

		more = input_read(input, now, engine->config->stale_after) || more;
		tell_source(engine, input, now);
		tell_reading(engine, input);
		tell_uncounted(engine, input);
		tell_strange(engine, input);
	}
	return more;
}

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
	bool ok;

	if (engine->full && (now < engine->count_again || !store_roomy(engine->store)))
		return err_set(err, ERR_SYSTEM, "the disk is full");
	engine->count_again = now + FULL_PAUSE;
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
		text_add(&text, "nothing is decided: %s", undecided.text);
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

void
tick(struct engine *engine)
{
	int64_t began_us = clock_steady_us(), now = wall_now(engine);
	bool more = read_sources(engine, now), stored;

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
	engine->snapshot->tick_us = clock_steady_us() - began_us;
	picture_take(engine);
	if (!engine->closing && engine->web)
		web_tell(engine->web);
	if (more && stored && !engine->closing)
		engine_kick(engine);
}
