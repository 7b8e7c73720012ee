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
	if ((!store_journal_add(engine->store, &entry, &err) ||
	     !tell_hooks(engine, &entry, &err)) &&
	    !(engine->held.holding && err.kind == ERR_SYSTEM)) /* else the commit says why */
		log_event(LOG_LEVEL_ERROR, "journal", domain, err.text);
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
