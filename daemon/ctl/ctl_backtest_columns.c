#include "daemon/ctl/ctl_backtest_columns.h"

#include <stddef.h>
#include <string.h>

#define COUNT_MOST 1000000000

/* A column of evidence: what it says, and what is known by it. */
static const struct column {
	const char *name;
	size_t at;		 /* of a double in struct evidence */
	enum evidence_part part; /* EVIDENCE_PARTS: nothing by itself */
	bool share;		 /* of the count */
} columns[] = {
	{ "unknown_users", offsetof(struct evidence, unknown_users), EVIDENCE_UNKNOWN_USERS,
	  false },
	{ "unknown_share", offsetof(struct evidence, unknown_users), EVIDENCE_UNKNOWN_USERS, true },
	{ "tagged", offsetof(struct evidence, tagged), EVIDENCE_TAGS, false },
	{ "probes", offsetof(struct evidence, probes), EVIDENCE_PROBES, false },
	{ "with_client", offsetof(struct evidence, with_client), EVIDENCE_PARTS, false },
	{ "new_clients", offsetof(struct evidence, new_clients), EVIDENCE_CLIENTS, false },
	{ "asked", offsetof(struct evidence, asked), EVIDENCE_ASKED, false },
	{ "sent", offsetof(struct evidence, sent), EVIDENCE_SENT, false },
};

struct span
ctl_backtest_columns_cut(struct span *line)
{
	const char *comma = memchr(line->at, ',', line->len);
	struct span column = { line->at, comma ? (size_t)(comma - line->at) : line->len };

	*line = span_after(*line, column.len + 1);
	while (column.len && (column.at[0] == ' ' || column.at[0] == '"'))
		column = span_after(column, 1);
	while (column.len && (column.at[column.len - 1] == ' ' || column.at[column.len - 1] == '"'))
		column.len--;
	return column;
}

bool
ctl_backtest_columns_decimal(struct span text, uint64_t most, uint64_t *whole_out,
			     double *value_out)
{
	uint64_t whole = 0;
	double part = 0, place = 1;
	size_t i = 0;

	for (; i < text.len && text.at[i] >= '0' && text.at[i] <= '9'; i++) {
		whole = whole * 10 + (uint64_t)(text.at[i] - '0');
		if (whole > most)
			return false;
	}
	if (i == 0)
		return false;
	if (i < text.len && text.at[i] == '.')
		for (i++; i < text.len && text.at[i] >= '0' && text.at[i] <= '9'; i++)
			part += (text.at[i] - '0') * (place /= 10);
	*whole_out = whole;
	*value_out = (double)whole + part;
	return i == text.len;
}

void
ctl_backtest_columns_name(struct ctl_backtest_columns *names, struct span line)
{
	*names = (struct ctl_backtest_columns){ .count = 1 };
	for (unsigned i = 0; i < CTL_BACKTEST_COLUMNS && line.len; i++) {
		struct span name = ctl_backtest_columns_cut(&line);

		if (span_equal_nocase(name, SPAN("epoch_seconds")) ||
		    span_equal_nocase(name, SPAN("time")))
			names->time = i;
		else if (span_equal_nocase(name, SPAN("count")))
			names->count = i;
		for (unsigned n = 0; n < sizeof(columns) / sizeof(columns[0]); n++) {
			if (!span_equal_nocase(name, span_of(columns[n].name)))
				continue;
			names->row[i] = (uint8_t)(n + 1);
			names->last = i;
		}
	}
	names->last = names->last > names->time ? names->last : names->time;
	names->last = names->last > names->count ? names->last : names->count;
}

void
ctl_backtest_columns_take(const struct ctl_backtest_columns *names,
			  const struct span cells[CTL_BACKTEST_COLUMNS], double count,
			  struct evidence *out)
{
	*out = (struct evidence){ .with_client = count };
	for (unsigned i = 0; i <= names->last; i++) {
		const struct column *column;
		uint64_t whole;
		double value;

		if (names->row[i] == 0)
			continue;
		column = &columns[names->row[i] - 1];
		if (!ctl_backtest_columns_decimal(cells[i], COUNT_MOST, &whole, &value))
			continue; /* not known in this tick */
		value = column->share ? value * count : value;
		memcpy((char *)out + column->at, &value, sizeof(value));
		if (column->part != EVIDENCE_PARTS)
			out->known |= 1U << column->part;
	}
}
