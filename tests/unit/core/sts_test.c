#include "daemon/core/sts.h"

#include <criterion/criterion.h>

Test(sts, the_record_announces_a_policy)
{
	static const struct {
		const char *txt;
		bool is;
	} cases[] = { { "v=STSv1; id=20160831085700Z;", true },
		      { "v=STSv1;id=1", true },
		      { "v=STSv1", false },
		      { "v=STSv1; id=", false },
		      { "v=STSv2; id=1", false },
		      { "id=1; v=STSv1", false },
		      { "", false } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_assert_eq(sts_announced(span_of(cases[i].txt)), cases[i].is, "%s", cases[i].txt);
}

Test(sts, a_policy_is_read_and_names_exchangers)
{
	struct sts_policy policy;
	struct err err = { 0 };

	cr_assert(sts_read(SPAN("version: STSv1\r\nmode: enforce\r\nmx: MTA1.example.jp\r\n"
				"mx: *.backup.example.jp.\r\nfuture: thing\r\nmax_age: 604800\r\n"),
			   &policy, &err),
		  "%s", err.text);
	cr_assert_eq(policy.mode, STS_ENFORCE);
	cr_assert_eq(policy.max_age, 604800);
	cr_assert(sts_allows(&policy, SPAN("mta1.example.jp.")));
	cr_assert(sts_allows(&policy, SPAN("Mta2.Backup.example.jp")));
	cr_assert_not(sts_allows(&policy, SPAN("a.b.backup.example.jp")), "one label");
	cr_assert_not(sts_allows(&policy, SPAN("backup.example.jp")));
	cr_assert_not(sts_allows(&policy, SPAN("mta2.example.jp")));
	cr_assert_not(sts_allows(&policy, SPAN("")));
	cr_assert_not(sts_allows(&policy, SPAN("jp")));
}

Test(sts, what_is_no_policy_is_refused_with_a_sentence)
{
	static const char *const cases[][2] = {
		{ "", "does not begin" },
		{ "<html>", "does not begin" },
		{ "version: STSv2\nmode: none\n", "does not begin" },
		{ "version: STSv1\n", "no mode" },
		{ "version: STSv1\nmode: strict\n", "its mode" },
		{ "version: STSv1\nmode: enforce\n", "names no mx" },
		{ "version: STSv1\nmode: enforce\nmx:\n", "a bad one" },
		{ "version: STSv1\nmode: none\nmax_age: 31557601\n", "max_age" },
		{ "version: STSv1\nmode: none\nmax_age: 1 day\n", "max_age" },
	};
	struct sts_policy policy = { .count = 7 };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = { 0 };

		cr_assert_not(sts_read(span_of(cases[i][0]), &policy, &err), "%s", cases[i][0]);
		cr_assert(strstr(err.text, cases[i][1]), "%s: %s", cases[i][0], err.text);
	}
	cr_assert_eq(policy.count, 7, "untouched");
}
