#include "daemon/core/board.h"

bool
board_name(struct span name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    c != '-' && c != '_')
			return false;
	}
	return name.len > 0 && name.len < BOARD_NAME;
}

/* The series, a new one for it, or NULL. */
static struct board_series *
place(struct board *board, const struct board_origin *origin, struct span name)
{
	struct board_series *series = board->series;
	unsigned own = 0;

	for (unsigned i = 0; i < board->count; i++, series++) {
		bool ours = strcmp(series->source, origin->source) == 0;

		if (strcmp(series->mta, origin->mta) == 0 &&
		    span_equal(span_of(series->name), name))
			return ours ? series : NULL;
		own += ours;
	}
	if (board->count == BOARD_SERIES || own == BOARD_A_SOURCE || !board_name(name))
		return NULL;
	*series = (struct board_series){ 0 };
	if (!span_copy(span_of(origin->mta), series->mta, sizeof(series->mta)) ||
	    !span_copy(span_of(origin->source), series->source, sizeof(series->source)) ||
	    !span_copy(name, series->name, sizeof(series->name)))
		return NULL;
	board->count++;
	return series;
}

static void
put_minute(struct board_series *series, double value, int64_t now)
{
	struct board_minute *minute = &series->minute;

	if (minute->minute != now / 60)
		*minute = (struct board_minute){ now / 60, value, value, value };
	minute->last = value;
	minute->least = value < minute->least ? value : minute->least;
	minute->greatest = value > minute->greatest ? value : minute->greatest;
	series->dirty = true;
}

struct board_series *
board_add(struct board *board, const struct board_origin *origin, struct span name,
	  const struct counter_sample *sample, int64_t now)
{
	struct board_series *series = place(board, origin, name);
	double value;

	if (!series) {
		board->refused++;
		return NULL;
	}
	series->fresh_for = origin->fresh_for;
	series->result = counter_add(&series->counter, sample, origin->most, &value);
	if (series->result == COUNTER_TAKEN) {
		series->known = true;
		series->value = value;
		series->time = now;
		put_minute(series, value, now);
	}
	return series;
}

void
board_clock_set(struct board *board, int64_t seconds)
{
	for (unsigned i = 0; i < board->count; i++)
		board->series[i].time += seconds;
}

bool
board_fresh(const struct board_series *series, int64_t now)
{
	return series->known && now - series->time <= series->fresh_for;
}

/* Is it the exchanger's name, or (`whole` false) its first label? */
static bool
names_mta(const char *mta, struct span key, bool whole)
{
	struct span name = span_of(mta);
	const char *dot = memchr(name.at, '.', name.len);

	if (!whole && dot)
		name.len = (size_t)(dot - name.at);
	return span_equal_nocase(name, key);
}

const struct board_series *
board_find(const struct board *board, struct span key)
{
	const char *dot = key.len ? memrchr(key.at, '.', key.len) : NULL;
	const struct board_series *found = NULL;
	struct span mta, name;

	if (!dot)
		return NULL;
	mta = (struct span){ key.at, (size_t)(dot - key.at) };
	name = span_after(key, mta.len + 1);
	for (unsigned i = 0; i < board->count; i++) {
		const struct board_series *series = &board->series[i];

		if (!span_equal(span_of(series->name), name))
			continue;
		if (names_mta(series->mta, mta, true))
			return series;
	}
	for (unsigned i = 0; i < board->count; i++) {
		const struct board_series *series = &board->series[i];

		if (!span_equal(span_of(series->name), name) || !names_mta(series->mta, mta, false))
			continue;
		if (found)
			return NULL;
		found = series;
	}
	return found;
}

bool
board_value(const struct board *board, struct span key, int64_t now, double *value_out)
{
	const struct board_series *series = board_find(board, key);

	if (!series || !board_fresh(series, now))
		return false;
	*value_out = series->value;
	return true;
}

void
board_keep(struct board *board, bool (*keep)(void *ctx, const struct board_series *series),
	   void *ctx)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < board->count; i++)
		if (keep(ctx, &board->series[i]))
			board->series[kept++] = board->series[i];
	board->count = kept;
}
