#include "daemon/ctl/ctl_show.h"

#include "daemon/base/text.h"
#include "daemon/base/when.h"

#include <stdlib.h>
#include <unistd.h>

#define SHOW_TEXT 4096
#define SHOW_LABEL 12		/* columns before the words */
#define SHOW_LONG (100 * 86400) /* seconds; from here on whole days are enough */

static bool
coloured(void)
{
	const char *no = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(no && no[0]);
}

static void
colour(enum ctl_show_colour which)
{
	static const char *const codes[] = { "\033[0m", "\033[1m", "\033[32m", "\033[33m",
					     "\033[31m" };

	if (coloured())
		fputs(codes[which], stdout);
}

void
ctl_show_text(FILE *out, const char *text)
{
	char clean[SHOW_TEXT];
	struct text scrubbed = TEXT(clean);

	text_add_scrubbed(&scrubbed, span_of(text));
	fputs(clean, out);
}

/* Columns of UTF-8 text, one a code point. */
static unsigned
columns(const char *text)
{
	unsigned count = 0;

	for (; *text; text++)
		count += ((unsigned char)*text & 0xC0) != 0x80;
	return count;
}

void
ctl_show_cell(const char *text, unsigned width, enum ctl_show_colour which)
{
	char clean[SHOW_TEXT];
	struct text scrubbed = TEXT(clean);
	unsigned have;

	text_add_scrubbed(&scrubbed, span_of(text));
	have = columns(clean);
	if (have > width) {
		size_t end = 0;

		for (unsigned left = width - 1; left; left--)
			do
				end++;
			while (((unsigned char)clean[end] & 0xC0) == 0x80);
		clean[end] = '~';
		clean[end + 1] = '\0';
		have = width;
	}
	if (which != SHOW_PLAIN)
		colour(which);
	fputs(clean, stdout);
	if (which != SHOW_PLAIN)
		colour(SHOW_PLAIN);
	printf("%*s", (int)(width - have), "");
}

void
ctl_show_words(const char *label, const char *words, enum ctl_show_colour which)
{
	unsigned column = SHOW_LABEL;

	printf("  ");
	ctl_show_cell(label, SHOW_LABEL - 2, SHOW_PLAIN);
	if (which != SHOW_PLAIN)
		colour(which);
	for (const char *at = words; *at;) {
		size_t length = strcspn(at, " ");
		char word[SHOW_TEXT];
		unsigned width;

		span_copy((struct span){ at, length }, word, sizeof(word));
		width = columns(word);
		if (column > SHOW_LABEL && column + 1 + width > SHOW_COLUMNS) {
			printf("\n%*s", SHOW_LABEL, "");
			column = SHOW_LABEL;
		}
		if (column > SHOW_LABEL) {
			putchar(' ');
			column++;
		}
		ctl_show_text(stdout, word);
		column += width;
		at += length + (at[length] == ' ');
	}
	if (which != SHOW_PLAIN)
		colour(SHOW_PLAIN);
	putchar('\n');
}

const char *
ctl_show_member(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

void
ctl_show_number(const json_t *number, const char *unit, char out[SHOW_CELL])
{
	struct text text = text_over(out, SHOW_CELL);
	double value = json_number_value(number);

	if (!json_is_number(number))
		text_add(&text, "-");
	else if (value >= 99950 || value <= -99950)
		text_add(&text, "%.3gk%s", value / 1000, unit);
	else if (json_is_integer(number) || value >= 99.95)
		text_add(&text, "%.0f%s", value, unit);
	else if (!*unit && value > 0 && value < 0.95)
		text_add(&text, "%.2g", value); /* a delay of 0.02 s is not none */
	else
		text_add(&text, "%.1f%s", value, unit);
}

/* At most two units, so that it fits a column: "1h4m", "3d5h". */
static void
add_duration(struct text *text, int64_t seconds)
{
	static const struct {
		int64_t seconds;
		char unit;
	} units[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };
	size_t i = 0;

	while (i < 3 && seconds < units[i].seconds)
		i++;
	text_add(text, "%lld%c", (long long)(seconds / units[i].seconds), units[i].unit);
	if (i < 2 && seconds < SHOW_LONG && seconds % units[i].seconds >= units[i + 1].seconds)
		text_add(text, "%lld%c",
			 (long long)(seconds % units[i].seconds / units[i + 1].seconds),
			 units[i + 1].unit);
}

void
ctl_show_age(const json_t *object, const char *name, long long now, char out[SHOW_CELL])
{
	struct text text = text_over(out, SHOW_CELL);
	int64_t time_us;

	if (!when_parse_rfc3339(span_of(ctl_show_member(object, name)), &time_us))
		text_add(&text, "-");
	else
		add_duration(&text, llabs(now - time_us / WHEN_SECOND_US));
}

void
ctl_show_time(const json_t *object, const char *name, long long now, char out[SHOW_CELL])
{
	struct text text = text_over(out, SHOW_CELL);
	const char *member = ctl_show_member(object, name);
	char age[SHOW_CELL];
	int64_t time_us;

	ctl_show_age(object, name, now, age);
	if (!when_parse_rfc3339(span_of(member), &time_us))
		text_add(&text, "-");
	else if (time_us / WHEN_SECOND_US > now)
		text_add(&text, "%s (in %s)", member, age);
	else
		text_add(&text, "%s (%s ago)", member, age);
}

void
ctl_show_count(const json_t *object, const char *name, const char *unit, unsigned width)
{
	char cell[SHOW_CELL];

	ctl_show_number(json_object_get(object, name), unit, cell);
	ctl_show_cell(cell, width, SHOW_PLAIN);
}
