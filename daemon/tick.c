#include "daemon/tick.h"

#include "daemon/base/when.h"
#include "daemon/chart.h"
#include "daemon/course.h"
#include "daemon/delays.h"
#include "daemon/engine.h"
#include "daemon/picture.h"
#include "daemon/record.h"
#include "daemon/sys/log.h"
#include "daemon/wall.h"

#include <sysexits.h>
#include <unistd.h>

#define PRUNE_EVERY 600 /* seconds */

/* Which formats were found where that was to be found out, and queue ids that had no room. */
static void
tell_reading(struct engine *engine, struct input *input)
{
	const struct reader_stats *stats = reader_stats(input->reader);
	unsigned formats = 0;
	char sentence[64];
	struct text text = TEXT(sentence);

	for (int i = FORMAT_AUTO + 1; i < FORMATS; i++)
		formats += stats->of_format[i] > 0;
	if (formats > input->told_formats && input->config->format == FORMAT_AUTO) {
		input_formats(input, &text);
		record(engine, JOURNAL_SOURCE, "", "", "source %s is read as %s",
		       input->config->name, sentence);
	}
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
	}
	return more;
}

static bool
save_sources(struct engine *engine, struct err *err)
{
	for (unsigned i = 0; i < engine->input_count; i++)
		if (engine->inputs[i]->dirty && !input_save(engine->inputs[i], engine->store, err))
			return err_while(err, "source %s", engine->inputs[i]->config->name);
	return true;
}

static bool
decide(struct engine *engine, int64_t now, struct err *err)
{
	for (unsigned i = 0; i < engine->domain_count; i++) {
		struct domain *domain = engine->domains[i];

		domain_observe(domain, now);
		if (!chart_note(domain, now, err) ||
		    (!engine->closing && !course_decide(domain, now, err)) ||
		    !domain_save(domain, now, engine->closing, err))
			return err_while(err, "domain %s", domain->display);
	}
	return true;
}

/*
 * Counts, cursors and open queue ids are committed together: exactly once. Only then do the domains
 * take the counts in.
 */
static bool
count(struct engine *engine, int64_t now, struct err *err)
{
	bool dirty = false;

	for (unsigned i = 0; i < engine->input_count; i++)
		dirty = dirty || engine->inputs[i]->dirty;
	if (!dirty)
		return true;
	if (!store_begin(engine->store, err))
		return false;
	if (!save_sources(engine, err)) {
		store_rollback(engine->store);
		return false;
	}
	if (!store_commit(engine->store, err))
		return false;
	for (unsigned i = 0; i < engine->input_count; i++) {
		if (!engine->inputs[i]->dirty)
			continue;
		for (unsigned j = 0; j < engine->domain_count; j++)
			domain_take(engine->domains[j], engine->inputs[i], now);
		input_saved(engine->inputs[i]);
	}
	return true;
}

/* What was decided, its journal and its intents are committed before anything is done. */
static bool
conclude(struct engine *engine, int64_t now, struct err *err)
{
	bool ok = store_begin(engine->store, err);

	if (ok &&
	    (!decide(engine, now, err) || !gauges_save(&engine->gauges, engine->store, err))) {
		store_rollback(engine->store);
		ok = false;
	}
	ok = ok && store_commit(engine->store, err);
	for (unsigned i = 0; !ok && i < engine->domain_count; i++)
		domain_unsaved(engine->domains[i], err->text);
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

void
tick(struct engine *engine)
{
	int64_t now = wall_now(engine);
	struct err err = { 0 };
	bool more = read_sources(engine, now);

	if (!engine->closing)
		gauges_step(engine);
	delays_step(engine, now);
	if (!engine->closing)
		probes_step(engine);
	engine->ticks++;
	if (!count(engine, now, &err) || !conclude(engine, now, &err)) {
		if (strcmp(engine->degraded, err.text) != 0)
			log_event(LOG_LEVEL_ERROR, "store", "", err.text);
		if (store_broken(engine->store))
			_exit(EX_IOERR); /* what is committed stands; only a new start can go on */
		span_copy(span_of(err.text), engine->degraded, sizeof(engine->degraded));
		picture_take(engine);
		return;
	}
	engine->degraded[0] = '\0';
	gauges_saved(&engine->gauges);
	if (!engine->closing) {
		for (unsigned i = 0; i < engine->domain_count; i++)
			course_act(engine->domains[i], now);
		outbox_pump(engine, now);
		prune(engine, now);
	}
	picture_take(engine);
	if (more && !engine->closing)
		engine_kick(engine);
}
