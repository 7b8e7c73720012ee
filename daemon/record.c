#include "daemon/record.h"

#include "daemon/base/text.h"
#include "daemon/base/when.h"
#include "daemon/core/clues.h"
#include "daemon/engine.h"
#include "daemon/sys/clock.h"
#include "daemon/sys/log.h"

#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

char *
record_notice(const struct journal_entry *entry, const char *kind)
{
	char time[WHEN_TEXT], *text;
	json_t *numbers = entry->numbers[0] ? json_loads(entry->numbers, 0, NULL) : NULL;
	json_t *object;

	when_rfc3339(entry->time_us, time);
	object = json_pack("{s:I, s:s, s:s, s:s, s:s, s:o}", "id", (json_int_t)entry->id, "time",
			   time, "kind", kind, "domain", entry->domain, "text", entry->text,
			   "numbers", numbers ? numbers : json_object());
	text = object ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
	json_decref(object);
	return text;
}

static bool
tell_hooks(struct engine *engine, const struct journal_entry *entry, struct err *err)
{
	const struct config *config = engine->config;
	char *payload = NULL;
	bool ok = true;

	for (unsigned i = 0; ok && i < config->hook_count; i++) {
		if (!(config->hooks[i].on & (1U << entry->kind)))
			continue;
		if (!payload)
			payload = record_notice(entry, journal_name(entry->kind));
		ok = payload ? store_outbox_add(engine->store, config->hooks[i].name, entry->id,
						payload, entry->time_us / WHEN_SECOND_US, err)
			     : err_set(err, ERR_SYSTEM, "out of memory");
	}
	free(payload);
	return ok;
}

/* In the open transaction, which is given up when this fails. */
static bool
put(struct engine *engine, struct journal_entry *entry, struct err *err)
{
	return store_journal_add(engine->store, entry, err) && tell_hooks(engine, entry, err);
}

static bool
put_alone(struct engine *engine, struct journal_entry *entry, struct err *err)
{
	if (!store_begin(engine->store, err))
		return false;
	if (put(engine, entry, err))
		return store_commit(engine->store, err);
	store_rollback(engine->store);
	return false;
}

static enum log_level
level(enum journal_kind kind)
{
	switch (kind) {
	case JOURNAL_FAILURE:
	case JOURNAL_DRIFT:
		return LOG_LEVEL_ERROR;
	case JOURNAL_SURGE:
	case JOURNAL_SPLIT:
	case JOURNAL_SOURCE:
		return LOG_LEVEL_WARNING;
	case JOURNAL_START:
	case JOURNAL_CALM:
	case JOURNAL_DECISION:
	case JOURNAL_UPDATE:
	case JOURNAL_RESTORE:
	case JOURNAL_OVERRIDE:
	case JOURNAL_HOOK:
	case JOURNAL_KINDS:
		break;
	}
	return LOG_LEVEL_NOTICE;
}

static void
tell(struct engine *engine, const struct journal_entry *entry)
{
	struct record_held *held = &engine->held;

	if (held->holding && held->count < RECORD_HELD)
		held->entries[held->count++] = *entry;
	else
		log_event(level(entry->kind), journal_name(entry->kind), entry->domain,
			  entry->text);
}

void
record_hold(struct engine *engine)
{
	engine->held.holding = true;
	engine->held.count = 0;
}

void
record_release(struct engine *engine, bool stored)
{
	struct record_held *held = &engine->held;

	held->holding = false;
	for (unsigned i = 0; stored && i < held->count; i++)
		tell(engine, &held->entries[i]);
	held->count = 0;
}

/* Each in a transaction of its own: on a full disk perhaps one fits and all do not. */
static bool
catch_up(struct engine *engine, struct err *err)
{
	struct record_waiting *waiting = &engine->waiting;
	unsigned done = 0;

	while (done < waiting->count && put_alone(engine, &waiting->entries[done], err))
		done++;
	waiting->count -= done;
	memmove(waiting->entries, waiting->entries + done,
		waiting->count * sizeof(waiting->entries[0]));
	return waiting->count == 0;
}

void
record_catch_up(struct engine *engine)
{
	unsigned left_out = engine->waiting.left_out;
	struct err err = { 0 };

	if (!catch_up(engine, &err) || !left_out)
		return;
	engine->waiting.left_out = 0;
	record(engine, JOURNAL_FAILURE, "", "",
	       "%u entries of the journal are only in the log, and no hook was told of them: the "
	       "store took nothing for a while, and memory had no room for more than %d",
	       left_out, RECORD_WAITING);
}

static void
add_waiting(struct engine *engine, const struct journal_entry *entry)
{
	struct record_waiting *waiting = &engine->waiting;
	struct err err = { 0 };

	if (waiting->count == RECORD_WAITING) {
		waiting->left_out++;
		return;
	}
	waiting->entries[waiting->count++] = *entry;
	if (!catch_up(engine, &err) && waiting->count == 1) {
		err_while(&err, "what is told waits in memory");
		log_event(LOG_LEVEL_ERROR, "journal", entry->domain, err.text);
	}
}

void
record(struct engine *engine, enum journal_kind kind, const char *domain, const char *numbers,
       const char *format, ...)
{
	struct journal_entry entry = { .time_us = clock_now_us(), .kind = kind };
	struct text text = TEXT(entry.text);
	struct err err = { 0 };
	va_list args;

	va_start(args, format);
	text_add_sentence(&text, format, args);
	va_end(args);
	span_copy(span_of(domain), entry.domain, sizeof(entry.domain));
	span_copy(span_of(numbers), entry.numbers, sizeof(entry.numbers));
	tell(engine, &entry);
	if (!engine->held.holding)
		add_waiting(engine, &entry);
	else if (!put(engine, &entry, &err))
		store_spoil(engine->store, &err);
}

static void
add_number(struct text *text, const char *name, double value)
{
	if (isfinite(value))
		text_add(text, "%s\"%s\":%.6g", text->len > 1 ? "," : "", name, value);
}

void
record_finding(const struct finding *finding, char out[JOURNAL_TEXT])
{
	struct text text = text_over(out, JOURNAL_TEXT);

	text_add(&text, "{");
	add_number(&text, "rate_per_minute", finding->rate);
	add_number(&text, "expected_per_minute", finding->expected);
	add_number(&text, "evidence", finding->evidence);
	add_number(&text, "threshold", finding->threshold);
	add_number(&text, "excess", finding->excess);
	add_number(&text, "lasting", finding->lasting);
	add_number(&text, "needed_excess", finding->needed_excess);
	text_add(&text, "}");
}

void
record_evidence(const struct evidence *evidence, char numbers[JOURNAL_TEXT])
{
	char was[JOURNAL_TEXT];
	struct text text;

	span_copy(span_of(numbers), was, sizeof(was));
	text = text_over(numbers, JOURNAL_TEXT);
	text_add(&text, "%.*s", (int)strcspn(was, "}"), was);
	for (int i = 0; i < CLUES_NUMBERS; i++) {
		double value = clues_value(evidence, (enum clues_number)i);

		if (value > 0)
			add_number(&text, clues_name((enum clues_number)i), value);
	}
	text_add(&text, "}");
}
