#include "daemon/core/mx.h"

#include <criterion/criterion.h>

static const struct {
	const char *text, *printed; /* printed NULL: refused */
} rows[] = {
	{ "300 10 mta1.example.jp. 20 mta2.example.jp.",
	  "300 10 mta1.example.jp. 20 mta2.example.jp." },
	{ "300 20 MTA2.Example.JP 10 mta1.example.jp",
	  "300 10 mta1.example.jp. 20 mta2.example.jp." },
	{ "300 10 b. 10 a.", "300 10 a. 10 b." },
	{ "0", "0" },
	{ "4294967295 65535 a.", "4294967295 65535 a." },
	{ "300 0 .", "300 0 ." },
	{ "4294967296 10 a.", NULL },
	{ "300 65536 a.", NULL },
	{ "300 -1 a.", NULL },
	{ "300 10", NULL },
	{ "300 10 ", NULL },
	{ "300 10 a. 20 ", NULL },
	{ "300 10  a.", NULL },
	{ " 300 10 a.", NULL },
	{ "300 10 a. ", NULL },
	{ "300 10 a. 20", NULL },
	{ "10 a.", NULL },
	{ "", NULL },
};

Test(mx, read_and_printed)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mx_set set = { .ttl = 9, .count = 1 }, again;
		struct err err = { 0 };
		char printed[256];
		struct text text = TEXT(printed);

		cr_assert(mx_parse(span_of(rows[i].text), &set, &err) == (rows[i].printed != NULL),
			  "'%s'", rows[i].text);
		if (!rows[i].printed) {
			cr_assert(err.kind == ERR_INPUT && set.ttl == 9 && set.count == 1, "'%s'",
				  rows[i].text);
			continue;
		}
		mx_print(&set, &text);
		cr_assert_str_eq(printed, rows[i].printed);
		cr_assert(mx_parse(span_of(printed), &again, NULL) && mx_equal(&set, &again), "%s",
			  printed);
	}
}

Test(mx, said)
{
	static const char *const said[][2] = {
		{ "300 10 mta1.example.jp. 20 mta2.example.jp.",
		  "10 mta1.example.jp., 20 mta2.example.jp. (TTL 300)" },
		{ "0 0 .", "0 . (TTL 0)" },
		{ "300", "no MX" },
	};

	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		struct mx_set set;
		char people[128];
		struct text text = TEXT(people);

		cr_assert(mx_parse(span_of(said[i][0]), &set, NULL));
		mx_say(&set, &text);
		cr_assert_str_eq(people, said[i][1]);
	}
}

Test(mx, limits)
{
	struct mx_set set = { 0 }, other;
	char name[MX_NAME + 2], text[32 + MX_RECORDS * (MX_NAME + 7)];
	struct text out = TEXT(text);
	struct err err;

	memset(name, 'a', sizeof(name));
	cr_assert(!mx_add(&set, 1, (struct span){ name, 0 }));
	cr_assert(!mx_add(&set, 1, (struct span){ name, MX_NAME - 1 }));
	name[MX_NAME - 1] = '.';
	cr_assert(!mx_add(&set, 1, (struct span){ name, MX_NAME }));
	name[MX_NAME - 1] = 'a';
	cr_assert(mx_add(&set, 1, (struct span){ name, MX_NAME - 2 }));
	cr_assert_eq(strlen(set.records[0].exchange), (size_t)MX_NAME - 1);
	for (unsigned i = 1; i < MX_RECORDS; i++)
		cr_assert(mx_add(&set, (uint16_t)(MX_RECORDS - i),
				 (struct span){ name, MX_NAME - 2 }));
	cr_assert(!mx_add(&set, 1, SPAN("b.")));
	cr_assert_eq(set.count, MX_RECORDS);
	for (unsigned i = 1; i < MX_RECORDS; i++)
		cr_assert(set.records[i - 1].preference <= set.records[i].preference);
	mx_print(&set, &out);
	cr_assert(!out.cut && mx_parse(span_of(text), &other, &err) && mx_equal(&set, &other));
	text_add(&out, " 9 one.too.many.");
	cr_assert(!mx_parse(span_of(text), &other, &err));
}

Test(mx, sameness)
{
	static const struct {
		const char *a, *b;
		bool same, equal;
	} pairs[] = {
		{ "60 1 a. 2 b.", "60 2 b. 1 a.", true, true },
		{ "60 1 a. 2 b.", "61 1 a. 2 b.", true, false },
		{ "60 1 a. 2 b.", "60 1 a. 3 b.", false, false },
		{ "60 1 a. 2 b.", "60 1 a.", false, false },
		{ "60 1 a.", "60 1 b.", false, false },
		{ "60", "60", true, true },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct mx_set a, b;

		cr_assert(mx_parse(span_of(pairs[i].a), &a, NULL));
		cr_assert(mx_parse(span_of(pairs[i].b), &b, NULL));
		cr_assert(mx_same_records(&a, &b) == pairs[i].same, "row %zu", i);
		cr_assert(mx_equal(&a, &b) == pairs[i].equal, "row %zu", i);
	}
}
