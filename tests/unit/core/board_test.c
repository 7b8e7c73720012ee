#include "daemon/core/board.h"
#include "daemon/core/oids.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct board board;
static const struct board_origin one = { "mta1.example.jp", "a", 1000, 90 };
static const struct board_origin two = { "mta2.example.jp", "b", 1000, 90 };
static const struct board_origin twin = { "mta1.other.example", "c", 1000, 90 };

static struct board_series *
add(const struct board_origin *origin, const char *name, double level, int64_t now)
{
	struct counter_sample sample = { .kind = COUNTER_GAUGE,
					 .level = level,
					 .time_us = now * 1000000 };

	return board_add(&board, origin, span_of(name), &sample, now);
}

Test(board, a_rule_finds_a_value_by_name_while_it_is_fresh)
{
	static const struct {
		const char *key;
		int64_t now;
		double value; /* -1: none */
	} rows[] = {
		{ "mta1.example.jp.load1", 100, 3 },
		{ "MTA1.example.jp.load1", 100, 3 },
		{ "mta2.load1", 100, 5 },
		{ "mta2.load1", 190, 5 },
		{ "mta2.load1", 191, -1 },
		{ "mta1.load1", 100, -1 }, /* two of them */
		{ "mta1.load5", 100, 4 },
		{ "load1", 100, -1 },
		{ "mta1.", 100, -1 },
		{ "", 100, -1 },
		{ "mta3.load1", 100, -1 },
		{ ".load1", 100, -1 },
	};

	cr_assert(add(&one, "load1", 3, 100) && add(&one, "load5", 4, 100));
	cr_assert(add(&two, "load1", 5, 100) && add(&twin, "load1", 6, 100));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		double value = -1;

		cr_expect_eq(board_value(&board, span_of(rows[i].key), rows[i].now, &value),
			     rows[i].value >= 0, "%s", rows[i].key);
		cr_expect_eq(value, rows[i].value, "%s: %f", rows[i].key, value);
	}
}

Test(board, a_series_belongs_to_one_source)
{
	struct board_origin thief = one;

	thief.source = "thief";
	cr_assert(add(&one, "load1", 3, 100));
	cr_assert_null(add(&thief, "load1", 9, 101));
	cr_assert_eq(board.refused, 1);
	cr_assert_eq(board.series[0].value, 3);
}

Test(board, its_size_is_bounded_and_what_does_not_fit_is_counted)
{
	char name[BOARD_NAME], source[8];

	for (unsigned i = 0; i < 5 * (BOARD_A_SOURCE + 1); i++) {
		struct board_origin origin = { "mta1.example.jp", source, 1000, 90 };

		snprintf(source, sizeof(source), "s%u", i / (BOARD_A_SOURCE + 1));
		snprintf(name, sizeof(name), "n%u", i);
		add(&origin, name, 1, 100);
	}
	cr_assert_eq(board.count, BOARD_SERIES);
	cr_assert_eq(board.refused, 4 + BOARD_A_SOURCE + 1);
	cr_assert_null(add(&one, "a.b", 1, 100));
}

Test(board, a_minute_holds_the_last_the_least_and_the_greatest)
{
	struct board_series *series = add(&one, "q", 5, 120);

	add(&one, "q", 9, 130);
	add(&one, "q", 2, 140);
	add(&one, "q", 4, 179);
	cr_assert_eq(series->minute.minute, 2);
	cr_assert_eq(series->minute.last, 4);
	cr_assert_eq(series->minute.least, 2);
	cr_assert_eq(series->minute.greatest, 9);
	cr_assert(series->dirty);
	add(&one, "q", 7, 180);
	cr_assert_eq(series->minute.minute, 3);
	cr_assert_eq(series->minute.least, 7);
	add(&one, "q", 7000, 181);
	cr_assert_eq(series->value, 7, "what is not believed does not stand on the board");
	cr_assert_eq(series->result, COUNTER_HIGH);
}

static bool
of_b(void *ctx, const struct board_series *series)
{
	return strcmp(series->source, ctx) == 0;
}

Test(board, forgets_what_is_not_wanted)
{
	add(&one, "load1", 1, 100);
	add(&two, "load1", 2, 100);
	board_keep(&board, of_b, (char[]){ "b" });
	cr_assert_eq(board.count, 1);
	cr_assert_str_eq(board.series[0].mta, "mta2.example.jp");
}

Test(oids, numbers_and_names_are_read_and_nothing_else)
{
	static const struct {
		const char *text;
		unsigned len;
		uint32_t last;
	} rows[] = {
		{ "1.3.6", 3, 6 },
		{ ".1.3.6.1.4294967295", 5, UINT32_MAX },
		{ "laLoadInt.1", 11, 1 },
		{ "sysUpTime.0", 9, 0 },
		{ "mtaReceivedMessages.12", 11, 12 },
		{ "1.3", 0, 0 },
		{ "", 0, 0 },
		{ ".", 0, 0 },
		{ "1.3.6.", 0, 0 },
		{ "1..3.6", 0, 0 },
		{ "3.3.6", 0, 0 },
		{ "1.3.6.4294967296", 0, 0 },
		{ "1.3.6.-1", 0, 0 },
		{ "laLoadInt", 0, 0 },
		{ "laLoadInt.", 0, 0 },
		{ "laloadint.1", 0, 0 },
		{ "1.3.6 ", 0, 0 },
	};
	char longest[3 * OIDS_PARTS];
	struct oid_path path;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool ok = oids_parse(span_of(rows[i].text), &path);

		cr_expect_eq(ok, rows[i].len > 0, "%s", rows[i].text);
		if (ok) {
			cr_expect_eq(path.len, rows[i].len, "%s: %u", rows[i].text, path.len);
			cr_expect_eq(path.part[path.len - 1], rows[i].last, "%s", rows[i].text);
		}
	}
	for (unsigned i = 0; i <= OIDS_PARTS; i++)
		memcpy(longest + 2 * i, "1.", 2);
	cr_assert(oids_parse((struct span){ longest, 2 * OIDS_PARTS - 1 }, &path));
	cr_assert(!oids_parse((struct span){ longest, 2 * OIDS_PARTS + 1 }, &path));
}

Test(oids, every_object_of_a_set_is_known)
{
	for (unsigned i = 0; i < oids_item_rows; i++) {
		cr_assert(oids_object_named(span_of(oids_items[i].object)), "%s",
			  oids_items[i].object);
		cr_assert(board_name(span_of(oids_items[i].series)));
	}
	for (unsigned i = 0; i < oids_object_rows; i++) {
		char text[128];
		struct oid_path path;

		snprintf(text, sizeof(text), "%s.1", oids_objects[i].oid);
		cr_assert(oids_parse(span_of(text), &path));
		cr_assert_eq(oids_object_of(&path), &oids_objects[i], "%s", oids_objects[i].name);
	}
	for (int set = 0; set < OIDS_SETS; set++) {
		enum oids_set back;

		cr_assert(oids_set_from_name(span_of(oids_set_name(set)), &back));
		cr_assert_eq((int)back, set);
	}
}
