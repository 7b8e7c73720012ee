/*
 * What the detector keeps and tells: over silence, jumps of the clock and restarts, in its findings
 * and sentences.
 */
#include "daemon/core/detect_show.h"
#include "tests/unit/core/detect_stream.h"

#include <criterion/criterion.h>
#include <string.h>

Test(detect_state, silence_keeps_a_surge)
{
	struct stream stream = open_stream(8, 1, &detect_default_rules);

	run(&stream, 3, DAY);
	cr_assert(wait_for(&stream, 3000, true, 600) > 0);
	for (int i = 0; i < 4 * 3600; i++)
		one(&stream, 0, true);
	cr_assert(stream.finding.surge, "a silent source ended a surge");
	cr_assert_not(stream.finding.known);
}

Test(detect_state, clock_jumps_move_nothing)
{
	static const int64_t jumps[] = { -1, -3600, -DAY, -3650 * DAY, 1, 3600, DAY, 3650 * DAY };

	for (size_t i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++) {
		struct stream stream = open_stream(9, 1, &detect_default_rules);

		run(&stream, 3, DAY);
		stream.time += jumps[i];
		run(&stream, 3, 3 * 3600);
		cr_assert_eq(stream.alarms, 0, "a jump of %" PRId64 " s called a surge", jumps[i]);
		cr_assert(wait_for(&stream, 3000, true, 600) > 0,
			  "deaf after a jump of %" PRId64 " s", jumps[i]);
		stream.time += jumps[i];
		run(&stream, 3000, 60);
		cr_assert(stream.finding.surge, "a jump of %" PRId64 " s ended a surge", jumps[i]);
	}
}

Test(detect_state, stored_bytes_go_on_where_they_were)
{
	struct stream whole = open_stream(10, 10, &detect_default_rules), split = whole;
	struct detect again, untouched;
	char bytes[sizeof(struct detect)];

	detect_init(&again, &detect_default_rules);
	untouched = again;
	cr_assert_not(detect_load(&again, &whole.detect, sizeof(whole.detect) - 1),
		      "a byte too few");
	memcpy(bytes, &whole.detect, sizeof(bytes));
	bytes[0] ^= 0x40;
	cr_assert_not(detect_load(&again, bytes, sizeof(bytes)), "another version");
	cr_assert_eq(memcmp(&again, &untouched, sizeof(again)), 0, "touched by what was refused");

	for (int i = 0; i < 2000; i++) {
		run(&whole, i == 1500 ? 3000 : 3, 60);
		run(&split, i == 1500 ? 3000 : 3, 60);
		memcpy(bytes, &split.detect, sizeof(bytes));
		cr_assert(detect_load(&split.detect, bytes, sizeof(bytes)), "minute %d", i);
		cr_assert_eq(whole.finding.surge, split.finding.surge, "minute %d", i);
		cr_assert_eq(whole.finding.evidence, split.finding.evidence, "minute %d", i);
	}
}

Test(detect_state, damaged_bytes_are_refused_or_harmless)
{
	struct stream stream = open_stream(11, 10, &detect_default_rules);
	char bytes[sizeof(struct detect)];

	run(&stream, 3, DAY);
	for (int i = 0; i < 3000; i++) {
		struct stream damaged = stream;

		memcpy(bytes, &stream.detect, sizeof(bytes));
		bytes[(size_t)(uniform(&stream) * sizeof(bytes))] ^= (char)(1 << (i % 8));
		if (detect_load(&damaged.detect, bytes, sizeof(bytes)))
			run(&damaged, 3, 600); /* whatever it says, it says it without a crash */
	}
}

Test(detect_state, where_nothing_is_believed_and_nothing_comes_nothing_is_expected)
{
	struct detect_rules rules = detect_default_rules;
	struct stream stream;

	rules.prior_rate = 0;
	stream = open_stream(18, 10, &rules);
	for (int i = 0; i < 3 * DAY / 10; i++) {
		run(&stream, 0, 10);
		cr_assert(stream.finding.expected <= 0 && stream.finding.upper >= 0,
			  "tick %d: %g, %g", i, stream.finding.expected, stream.finding.upper);
	}
}

/* 30 times the usual, then 3 times: the fast scale, which called it, begins anew. */
Test(detect_state, a_surge_that_goes_on_shows_what_it_has_now)
{
	struct stream stream = open_stream(5, 10, &detect_default_rules);
	double called;

	run(&stream, 3, 14 * DAY);
	cr_assert_geq(wait_for(&stream, 90, true, 3600), 0);
	called = stream.finding.lasting;
	cr_assert(called >= stream.finding.needed_excess && called <= stream.finding.excess,
		  "%g of %g", called, stream.finding.excess);
	run(&stream, 90, 3600);
	cr_assert(stream.finding.lasting > 4 * called, "%g an hour after %g",
		  stream.finding.lasting, called);
	run(&stream, 10, 2 * 3600);
	cr_assert(stream.finding.surge);
	cr_assert_lt(stream.detect.cusum[0].sum, stream.finding.threshold / 4);
	cr_assert_gt(stream.finding.evidence, stream.finding.threshold / 2);
	cr_assert_geq(stream.finding.lasting, stream.finding.needed_excess);
	cr_assert_geq(wait_for(&stream, 0, false, 4 * 3600), 0);
	cr_assert(stream.finding.evidence <= 0 && stream.finding.lasting <= 0);
}

Test(detect_state, sentence_has_its_numbers)
{
	struct finding finding = { .rate = 2880,
				   .expected = 3.24,
				   .evidence = 14.24,
				   .threshold = 12,
				   .excess = 260,
				   .needed_excess = 200 };
	char out[200];
	struct text text = TEXT(out);

	detect_show_sentence(&finding, &text);
	cr_assert_str_eq(out,
			 "2880 bounces/min, expected 3.2/min, 260 too many since it began (200 "
			 "lasting needed), evidence 14.2 (12 needed)");
	finding.lasting = 210.4;
	text = TEXT(out);
	detect_show_sentence(&finding, &text);
	cr_assert(strstr(out, "260 too many since it began, 210 of them lasting (200 needed), "),
		  "%s", out);
	finding.term[EVIDENCE_TERM_UNKNOWN] = 0.26;
	finding.term[EVIDENCE_TERM_NEW] = -0.04; /* would be told as nought */
	text = TEXT(out);
	detect_show_sentence(&finding, &text);
	cr_assert(strstr(out, "(12 needed), unknown users +0.3") && !strstr(out, "new clients"),
		  "%s", out);
}
