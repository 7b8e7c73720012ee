#include "daemon/core/plan.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define DROPS 3

static struct mx_set
set(const char *text)
{
	struct mx_set parsed = { 0 };
	struct err err = { 0 };

	cr_assert(mx_parse(span_of(text), &parsed, &err), "%s: %s", text, err.text);
	return parsed;
}

static const struct {
	const char *normal, *drop[DROPS], *split, *sentence;
} splits[] = {
	{ "604800 10 mta1.example.jp. 20 mta2.example.jp.",
	  { "mta1.example.jp." },
	  "300 20 mta2.example.jp.",
	  NULL },
	{ "604800 10 mta1.example.jp. 20 mta2.example.jp.",
	  { "MTA1.Example.jp" },
	  "300 20 mta2.example.jp.",
	  NULL },
	{ "60 10 a. 10 b. 20 c.", { "a" }, "300 10 b. 20 c.", NULL },
	{ "60 10 a. 10 b. 20 c.", { "a", "b" }, "300 20 c.", NULL },
	{ "60 10 a. 20 b.", { "b" }, "300 10 a.", NULL },
	{ "60 10 a. 15 a. 20 b.", { "a" }, "300 20 b.", NULL }, /* twice in the set: both go */
	{ "60 10 a. 20 aa.", { "a" }, "300 20 aa.", NULL },	/* no prefix is taken for it */
	{ "60 10 a.", { "a" }, NULL, "leave no MX at all" },
	{ "60 10 a. 20 b.", { "a", "b" }, NULL, "leave no MX at all" },
	{ "60 10 a. 20 .", { "a" }, NULL, "null MX" },
	{ "60 10 a. 20 b.",
	  { "c" },
	  NULL,
	  "c should be dropped but is not in the normal set: 10 a., 20 b. (TTL 60)" },
	{ "60 10 a. 20 b.", { "a", "c" }, NULL, "c should be dropped" },
	{ "60 10 a. 20 b.", { "a", "A." }, NULL, "A. is named twice" },
	{ "60 10 a. 20 b.", { NULL }, NULL, "no exchanger is named" },
	{ "60", { "a" }, NULL, "the zone has no MX" },
};

Test(plan, a_split_drops_what_is_named_and_nothing_else)
{
	for (size_t i = 0; i < sizeof(splits) / sizeof(splits[0]); i++) {
		struct mx_set normal = set(splits[i].normal), out = { .ttl = 77 }, wanted;
		struct err err = { 0 };
		unsigned drops = 0;
		bool planned;

		while (drops < DROPS && splits[i].drop[drops])
			drops++;
		planned = plan_split(&normal, splits[i].drop, drops, 300, &out, &err);
		cr_assert(planned == (splits[i].split != NULL), "row %zu: %s", i, err.text);
		if (!planned) {
			cr_assert(strstr(err.text, splits[i].sentence), "row %zu: %s", i, err.text);
			cr_assert(out.ttl == 77 && out.count == 0, "row %zu: touched", i);
			cr_assert(!plan_split(&normal, splits[i].drop, drops, 300, &out, NULL));
			continue;
		}
		wanted = set(splits[i].split);
		cr_assert(mx_equal(&out, &wanted), "row %zu", i);
	}
}

Test(plan, a_full_set_can_be_split)
{
	struct mx_set normal = { .ttl = 3600 }, split;
	const char *drop = "host0";

	for (unsigned i = 0; i < MX_RECORDS; i++) {
		char name[16];

		snprintf(name, sizeof(name), "host%u", i);
		cr_assert(mx_add(&normal, (uint16_t)i, span_of(name)));
	}
	cr_assert(plan_split(&normal, &drop, 1, 60, &split, NULL));
	cr_assert_eq(split.count, MX_RECORDS - 1);
	cr_assert_str_eq(split.records[0].exchange, "host1.");
}

static const struct {
	const char *shown;
	enum plan_shows shows;
	const char *differs; /* from the normal set */
} compared[] = {
	{ "604800 10 mta1. 20 mta2.", PLAN_SHOWS_NORMAL, "" },
	{ "300 20 mta2.", PLAN_SHOWS_SPLIT, "10 mta1. is gone, TTL 300 instead of 604800" },
	{ "3600 20 mta2.", PLAN_SHOWS_SPLIT, "10 mta1. is gone, TTL 3600 instead of 604800" },
	{ "300 10 mta1. 20 mta2.", PLAN_SHOWS_DRIFT, "TTL 300 instead of 604800" },
	{ "604800 20 mta1. 20 mta2.", PLAN_SHOWS_DRIFT, "mta1. has preference 20 instead of 10" },
	{ "604800 10 mta1. 20 mta2. 5 mx.other.", PLAN_SHOWS_DRIFT, "5 mx.other. is new" },
	{ "300 5 mx.other. 20 mta2.", PLAN_SHOWS_DRIFT,
	  "10 mta1. is gone, 5 mx.other. is new, TTL 300 instead of 604800" },
	{ "604800 10 mta1. 20 mta2. 30 mta2.", PLAN_SHOWS_DRIFT, "30 mta2. is new" },
	{ "604800 10 mta1. 20 bad\x1b[2Jname.", PLAN_SHOWS_DRIFT,
	  "20 mta2. is gone, 20 bad\xEF\xBF\xBD[2jname. is new" },
	{ "0", PLAN_SHOWS_DRIFT, "the zone has no MX at all" },
};

Test(plan, a_split_with_the_ttl_of_ordinary_times_is_none)
{
	static const struct {
		const char *shown, *normal;
		bool for_good;
	} rows[] = {
		{ "300 20 mta2.", "604800 10 mta1. 20 mta2.", false },
		{ "604799 20 mta2.", "604800 10 mta1. 20 mta2.", false },
		{ "604800 20 mta2.", "604800 10 mta1. 20 mta2.", true },
		{ "604800 10 mta1.", "604800 10 mta1. 20 mta2.", false },
		{ "300 20 mta2.", "60 10 mta1. 20 mta2.", false },
		{ "300 20 mta2.", "300 10 mta1. 20 mta2.", false },
		{ "301 20 mta2.", "300 10 mta1. 20 mta2.", true },
	};
	struct mx_set split = set("300 20 mta2.");

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mx_set shown = set(rows[i].shown), normal = set(rows[i].normal);

		cr_assert(plan_for_good(&shown, &normal, &split) == rows[i].for_good, "row %zu", i);
	}
}

Test(plan, what_the_zone_shows)
{
	struct mx_set normal = set("604800 10 mta1. 20 mta2."), split = set("300 20 mta2.");
	struct mx_set none = { 0 };

	for (size_t i = 0; i < sizeof(compared) / sizeof(compared[0]); i++) {
		struct mx_set shown = set(compared[i].shown);
		char differs[512] = "x: ";
		struct text text = TEXT(differs);

		cr_assert(plan_compare(&shown, &normal, &split) == compared[i].shows, "%s",
			  compared[i].shown);
		cr_assert(plan_compare(&shown, &none, &none) == PLAN_SHOWS_DRIFT, "%s",
			  compared[i].shown);
		text_add(&text, "now ");
		plan_drift(&shown, &normal, &text);
		cr_assert_str_eq(differs + 4, compared[i].differs);
		cr_assert(plan_ttl_only(&shown, &normal) == (i == 3), "%s", compared[i].shown);
	}
}
