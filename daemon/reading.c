#include "daemon/reading.h"

#include "daemon/engine.h"
#include "daemon/record.h"
#include "daemon/sys/clock.h"
#include "daemon/wall.h"

#define TURN_US 1000 /* of reading in one turn: what a request waits for at most */
#define TURNS 50     /* of one pass; decisions wait for as long */

/* Which formats were found where that was to be found out, and queue ids that had no room. */
static void
tell_reading(struct engine *engine, struct input *input)
{
	const struct reader_stats *stats = reader_stats(input->reader);
	unsigned formats = input->told_formats; /* the reader counts anew after a reload */
	char mtas[64];
	struct text text = TEXT(mtas);

	for (int i = FORMAT_AUTO + 1; i < FORMATS; i++) {
		formats |= stats->of_format[i] ? 1U << i : 0;
		if (formats & 1U << i)
			text_add(&text, "%s%s", text.len ? " and " : "", format_mta(i));
	}
	if (formats != input->told_formats && input->config->format == FORMAT_AUTO)
		record(engine, JOURNAL_SOURCE, "", "",
		       "source %s is the log of %s (found by its lines)", input->config->name,
		       mtas);
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

void
reading_begin(struct engine *engine)
{
	engine->reading.began_us = clock_steady_us();
	engine->reading.turns = 0;
	for (unsigned i = 0; i < engine->input_count; i++)
		engine->inputs[i]->more = true;
}

/* A slice of the next source that may have more. False: none has. */
static bool
read_next(struct engine *engine)
{
	struct reading *reading = &engine->reading;

	for (unsigned i = 0; i < engine->input_count; i++) {
		struct input *input = engine->inputs[reading->next++ % engine->input_count];

		if (!input->more)
			continue;
		input_read(input, reading->now, engine->config->stale_after);
		return true;
	}
	return false;
}

bool
reading_turn(struct engine *engine)
{
	int64_t began_us = clock_steady_us();

	engine->reading.now = wall_now(engine); /* the clock may be set between two turns */
	while (read_next(engine))
		if (clock_steady_us() - began_us >= TURN_US)
			return ++engine->reading.turns < TURNS;
	return false;
}

bool
reading_end(struct engine *engine)
{
	bool more = false;

	for (unsigned i = 0; i < engine->input_count; i++) {
		struct input *input = engine->inputs[i];

		more = more || input->more;
		tell_source(engine, input, engine->reading.now);
		tell_reading(engine, input);
		tell_uncounted(engine, input);
		tell_strange(engine, input);
	}
	return more;
}
