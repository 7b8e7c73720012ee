/*
 * The picture: bounded whatever is read, and honest about what it joins.
 */
#include "daemon/ctl/plot.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* What it draws; the caller frees it. */
static char *
drawn(const struct plot *plot, const char *name)
{
	char *text = NULL;
	size_t length = 0;
	FILE *file = open_memstream(&text, &length);

	cr_assert(plot_write(plot, name, file));
	fclose(file);
	return text;
}

static unsigned
times(const char *text, const char *word)
{
	unsigned count = 0;

	for (; (text = strstr(text, word)); text++)
		count++;
	return count;
}

Test(plot, a_million_ticks_are_no_more_than_the_columns)
{
	struct plot *plot = plot_new();
	struct finding finding = { .known = true, .expected = 6, .upper = 12, .threshold = 14 };
	char *text;

	for (int i = 1; i <= 1000000; i++) {
		finding.surge = i >= 500000 && i < 600000;
		finding.changed = i == 500000 || i == 600000;
		finding.evidence = finding.surge ? 20 : 1;
		plot_add(plot, 1767571200 + i * 10, 10, i == 777777 ? 16666 : 1, &finding);
	}
	text = drawn(plot, "a<b>&\"c\"\033");
	cr_assert_lt(strlen(text), 300000, "%zu bytes", strlen(text));
	cr_assert_eq(times(text, "class=\"surge\" d"), 2, "in the picture and its legend");
	cr_assert_eq(times(text, ">surge<"), 2, "the alarm and its legend");
	cr_assert(strstr(text, "a&#60;b&#62;&#38;"), "the name is no markup");
	cr_assert_eq(times(text, "\033"), 0);
	cr_assert(strstr(text, ">10000<"), "one tick of 99,996 a minute is still on the axis");
	cr_assert(strstr(text, "threshold 14"));
	cr_assert(strstr(text, "2026-01-05T00:00:00Z"));
	cr_assert_eq(times(text, "href"), 0);
	free(text);
	plot_free(plot);
}

Test(plot, what_was_not_seen_is_no_zero)
{
	struct plot *plot = plot_new();
	struct finding finding = { .known = true, .expected = 6, .upper = 12, .threshold = 14 };
	char *text;

	for (int i = 1; i <= 300; i++)
		if (i < 100 || i > 200)
			plot_add(plot, 1767571200 + i * 60, 60, 6, &finding);
	plot_add(plot, 1767571000, 60, 6, &finding); /* a clock that went back */
	text = drawn(plot, "gap");
	cr_assert_eq(times(text, "class=\"unseen\""), 2, "in the picture and its legend");
	cr_assert(strstr(text, ">2026-01-05<"));
	free(text);
	plot_free(plot);
	plot = plot_new();
	text = drawn(plot, "empty");
	cr_assert(strstr(text, "nothing was read"));
	free(text);
	plot_free(plot);
}
