#include "daemon/core/condition.h"

#include <criterion/criterion.h>
#include <math.h>

#define F CONDITION_FALSE
#define U CONDITION_UNKNOWN
#define T CONDITION_TRUE

static bool
value(void *ctx, struct span name, double *out)
{
	(void)ctx;
	if (span_equal(name, SPAN("mta1.load1")))
		*out = 9;
	else if (span_equal(name, SPAN("mta1.queue")))
		*out = 5000;
	else if (span_equal(name, SPAN("mta1.delay")))
		*out = 90;
	else if (span_equal(name, SPAN("mta1.broken")))
		*out = NAN;
	else
		return false;
	return true;
}

/* load1 is 9, queue 5000, delay 90; silent and broken are not known. */
static const struct {
	const char *text;
	enum condition_truth surge, threshold, holds, bounces;
} cases[] = {
	{ "surge", T, F, T, T },
	{ "surge", F, T, F, F },
	{ "surge", U, T, U, U },
	{ "threshold", F, T, T, T },
	{ "surge or threshold", F, T, T, T },
	{ "surge or threshold", U, T, T, T },
	{ "surge or threshold", U, F, U, U },
	{ "surge and threshold", U, F, F, F },
	{ "surge and threshold", T, T, T, T },
	{ "surge and mta1.load1 > 8", T, F, T, T },
	{ "surge and mta1.load1 > 9", T, F, F, T },
	{ "surge and mta1.load1 >= 9", T, F, T, T },
	{ "surge and mta1.load1 < 9", T, F, F, T },
	{ "surge and mta1.load1 <= 9", T, F, T, T },
	{ "surge and mta1.load1 == 9", T, F, T, T },
	{ "surge and mta1.load1 != 9", T, F, F, T },
	{ "surge and mta1.load1 > 8", F, F, F, F },
	{ "surge and mta1.load1 > 8", U, F, U, U },
	{ "surge and mta1.load1 > 10", U, F, F, U },
	{ "surge and mta1.silent > 8", T, F, U, T },
	{ "surge and mta1.silent > 8", F, F, F, F },
	{ "surge and mta1.broken < 8", T, F, U, T },
	{ "surge and not mta1.silent > 8", T, F, U, T },
	{ "surge and not mta1.load1 > 8", T, F, F, T },
	{ "surge and not not mta1.load1 > 8", T, F, T, T },
	{ "surge and (mta1.silent > 8 or mta1.load1 > 8)", T, F, T, T },
	{ "surge and (mta1.silent > 8 or mta1.load1 > 9)", T, F, U, T },
	{ "surge and (mta1.silent > 8 and mta1.load1 > 9)", T, F, F, T },
	{ "surge or threshold and mta1.load1 > 9", T, F, T, T },
	{ "(surge or threshold) and mta1.load1 > 9", T, F, F, T },
	{ "not mta1.load1 > 9 and surge", T, F, T, T },
	{ "not not surge", T, F, T, T },
	{ "(mta1.load1 > 8 or mta1.queue > 5000) and surge", T, F, T, T },
	{ "surge and mta1.queue > 4k", T, F, T, T },
	{ "surge and mta1.queue > 5k", T, F, F, T },
	{ "surge and mta1.delay > 60s", T, F, T, T },
	{ "surge and mta1.delay > 1m30s", T, F, F, T },
	{ "surge and mta1.load1>8.999999", T, F, T, T },
	{ "surge and mta1.load1 > 8 and threshold", T, U, U, U },
};

Test(condition, holds_as_three_valued_logic_says)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct condition_in in = { cases[i].surge, cases[i].threshold, value, NULL };
		struct condition condition;
		struct err err = { 0 };

		cr_assert(condition_parse(span_of(cases[i].text), &condition, &err), "%s: %s",
			  cases[i].text, err.text);
		cr_expect_eq(condition_judge(&condition, &in), cases[i].holds, "row %zu: %s", i,
			     cases[i].text);
		cr_expect_eq(condition_bounces(&condition, in.surge, in.threshold),
			     cases[i].bounces, "row %zu, bounces only: %s", i, cases[i].text);
	}
}

static const struct {
	const char *text, *sentence;
} wrong[] = {
	{ "", "column 1: it ends here, wanted surge, threshold, a counter" },
	{ "   ", "column 4: it ends here" },
	{ "surge and", "column 10: it ends here, wanted surge" },
	{ "surge and and", "column 11: 'and', wanted surge" },
	{ "surge && mta1.load1 > 8", "column 7: '&', wanted and, or, or the end" },
	{ "surge mta1.load1 > 8", "column 7: 'mta1.load1', wanted and, or, or the end" },
	{ "(surge", "column 7: it ends here, wanted and, or, or the ) of an open (" },
	{ "surge)", "column 6: ')', wanted and, or, or the end" },
	{ "(surge and threshold or", "column 24: it ends here, wanted surge" },
	{ "surge and load > 8", "column 11: 'load': no such word" },
	{ "Surge", "column 1: 'Surge': no such word" },
	{ "surge and mta1.load1", "column 21: it ends here, wanted a comparison" },
	{ "surge and mta1.load1 = 8", "column 22: '=', wanted a comparison" },
	{ "surge and mta1.load1 => 8", "column 22: '=>', wanted a comparison" },
	{ "surge and mta1.load1 >", "column 23: it ends here, wanted a number" },
	{ "surge and mta1.load1 > eight", "column 24: 'eight', wanted a number" },
	{ "surge and mta1.load1 > -8", "column 24: '-8', wanted a number" },
	{ "surge and mta1.load1 > 8x", "column 24: '8x', wanted a number" },
	{ "surge and mta1.load1 > 8.", "column 24: '8.', wanted a number" },
	{ "surge and mta1.load1 > 0.1234567", "column 24: '0.1234567', wanted a number" },
	{ "surge and mta1.load1 > mta2.load1", "column 24: 'mta2.load1', wanted a number" },
	{ "surge and mta1.load1 > 99999999999999999999", "column 24: '9999" },
	{ "surge and 8 < mta1.load1", "column 11: '8' stands where a name belongs" },
	{ "not surge", "column 5: 'surge' behind 'not': more bounces would end the split" },
	{ "surge and not (mta1.load1 > 8 or threshold)", "column 34: 'threshold' behind 'not'" },
	{ "mta1.load1 > 8", "column 1: this could hold without surge and without threshold" },
	{ "surge or mta1.load1 > 8", "column 1: this could hold without surge" },
	{ "surge or not mta1.load1 > 8", "column 1: this could hold without surge" },
	{ "surge\nand threshold", "column 6: a character that is no printable ASCII" },
	{ "surge \303\244", "column 7: a character that is no printable ASCII" },
	{ "((((((((( surge )))))))))", "column 9: '(': more than 8" },
	{ "not not not not not not not not not not surge", "column 33: 'not': more than 8" },
	{ "surge or surge or surge or surge or surge or surge or surge or surge or surge or surge "
	  "or surge or surge or surge or surge or surge or surge or surge",
	  ": the condition is too long, it has more than 32 parts" },
};

Test(condition, mistakes_are_told_with_their_column)
{
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct condition condition = { .count = 77 };
		struct err err = { 0 };

		cr_assert(!condition_parse(span_of(wrong[i].text), &condition, &err), "taken: %s",
			  wrong[i].text);
		cr_expect(strstr(err.text, wrong[i].sentence), "%s\nsaid:   %s\nwanted: %s",
			  wrong[i].text, err.text, wrong[i].sentence);
		cr_expect_eq(condition.count, 77, "touched: %s", wrong[i].text);
	}
}

Test(condition, takes_what_just_fits)
{
	char text[CONDITION_TEXT + 1];
	struct condition condition;

	memset(text, ' ', sizeof(text));
	memcpy(text, "surge", 5);
	cr_assert(condition_parse((struct span){ text, CONDITION_TEXT - 1 }, &condition, NULL));
	cr_assert(!condition_parse((struct span){ text, CONDITION_TEXT }, &condition, NULL));
	cr_assert(condition_parse(SPAN("(((((((( surge ))))))))"), &condition, NULL));
	cr_assert(
		condition_parse(SPAN("surge or surge or surge or surge or surge or surge or surge "
				     "or surge or surge or surge or surge or surge or surge or "
				     "surge or surge or surge"),
				&condition, NULL));
	cr_assert_eq(condition.count, 31);
}

Test(condition, says_what_the_counters_are)
{
	struct condition_in in = { T, F, value, NULL };
	struct condition condition;
	char said[200];
	struct text text = TEXT(said);
	unsigned column = 0, compared = 0;

	cr_assert(condition_parse(SPAN("surge and (mta1.load1 > 8 or mta1.load1 < 2 or "
				       "mta1.silent > 1k)"),
				  &condition, NULL));
	condition_explain(&condition, &in, false, &text);
	cr_expect_str_eq(said, "mta1.load1 is 9, mta1.silent is not known");
	text = TEXT(said);
	condition_explain(&condition, &in, true, &text);
	cr_expect_str_eq(said, "mta1.silent is not known");
	for (unsigned i = 0; i < condition.count; i++) {
		struct span name = condition_name(&condition, i, &column);

		compared += name.len > 0;
		if (span_equal(name, SPAN("mta1.silent")))
			cr_expect_eq(column, 48);
	}
	cr_expect_eq(compared, 3);
	cr_expect(condition_names(&condition, CONDITION_SURGE));
	cr_expect(!condition_names(&condition, CONDITION_THRESHOLD));
}
