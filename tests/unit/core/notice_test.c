#include "daemon/core/notice.h"

#include <criterion/criterion.h>

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

Test(notice, every_kind_means_something_and_what_begins_can_end)
{
	for (int kind = 0; kind < JOURNAL_KINDS; kind++) {
		struct notice_meaning meaning =
			notice_meaning(span_of(journal_name((enum journal_kind)kind)));
		unsigned ends = 0;

		cr_assert(meaning.alert && strncmp(meaning.alert, "Mxsplit", 7) == 0, "kind %d",
			  kind);
		cr_assert(strcmp(meaning.severity, "critical") == 0 ||
			  strcmp(meaning.severity, "warning") == 0 ||
			  strcmp(meaning.severity, "info") == 0);
		for (int other = 0; other < JOURNAL_KINDS; other++) {
			struct notice_meaning end =
				notice_meaning(span_of(journal_name((enum journal_kind)other)));

			ends += end.phase == NOTICE_RESOLVED &&
				strcmp(end.alert, meaning.alert) == 0;
		}
		cr_assert_eq(ends, meaning.phase == NOTICE_EVENT ? 0 : 1, "kind %d", kind);
	}
	cr_assert_str_eq(notice_meaning(SPAN("surge")).alert, "MxsplitSurge");
	cr_assert_eq(notice_meaning(SPAN("surge")).phase, NOTICE_FIRING);
	cr_assert_eq(notice_meaning(SPAN("calm")).phase, NOTICE_RESOLVED);
	cr_assert_str_eq(notice_meaning(SPAN("restore")).alert, "MxsplitSplit");
	cr_assert_str_eq(notice_meaning(SPAN(NOTICE_TEST)).alert, "MxsplitTest");
	cr_assert_eq(notice_meaning(SPAN("of a later version")).phase, NOTICE_EVENT);
}

Test(notice, every_format_has_a_name)
{
	for (int i = 0; i < NOTICE_FORMATS; i++) {
		enum notice_format back = NOTICE_FORMATS;

		cr_assert(notice_format_from_name(
			span_of(notice_format_name((enum notice_format)i)), &back));
		cr_assert_eq((int)back, i);
	}
}

Test(notice, an_answer_is_the_end_of_it_or_not)
{
	static const struct {
		long status;
		enum notice_answer answer;
	} cases[] = { { 0, NOTICE_LATER },     { 199, NOTICE_LATER },	{ 200, NOTICE_TOLD },
		      { 204, NOTICE_TOLD },    { 299, NOTICE_TOLD },	{ 300, NOTICE_LATER },
		      { 308, NOTICE_LATER },   { 400, NOTICE_REFUSED }, { 404, NOTICE_REFUSED },
		      { 407, NOTICE_REFUSED }, { 408, NOTICE_LATER },	{ 409, NOTICE_REFUSED },
		      { 428, NOTICE_REFUSED }, { 429, NOTICE_LATER },	{ 430, NOTICE_REFUSED },
		      { 499, NOTICE_REFUSED }, { 500, NOTICE_LATER },	{ 503, NOTICE_LATER },
		      { 999, NOTICE_LATER } };

	for (size_t i = 0; i < ROWS(cases); i++)
		cr_assert_eq(notice_answer(cases[i].status), cases[i].answer, "status %ld",
			     cases[i].status);
}

Test(notice, slack_takes_three_characters_for_its_own)
{
	char out[64];
	struct text text = TEXT(out);

	notice_slack(SPAN("<@all> & \"so\" on"), &text);
	cr_assert_str_eq(out, "&lt;@all&gt; &amp; \"so\" on");
}
