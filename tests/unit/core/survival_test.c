/*
 * Writing rhythm and survival of the normal set: against simulated caches, and against the table
 * of what a Poisson writer gives.
 */
#include "daemon/core/survival.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#define DAY 86400.0
#define START INT64_C(1767571200)
#define TRIALS 20000

static uint64_t state;

static double
uniform(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15; /* splitmix64 */

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return ((double)((z ^ (z >> 31)) >> 11) + 0.5) * 0x1p-53;
}

enum writer { POISSON, REGULAR, BURSTY };

/* Seconds to the next mail; `mean` of all gaps. Bursts: ten mails, the time between is spread. */
static double
next_gap(enum writer writer, double mean)
{
	double spread = -log(uniform()) * mean;

	switch (writer) {
	case POISSON:
		return spread;
	case REGULAR:
		return mean;
	case BURSTY:
		return uniform() < 0.9 ? 60 : spread * 10;
	}
	return mean;
}

/* The share of caches that have `after` left at a random instant of a long life. */
static double
simulate(enum writer writer, double mean, double ttl, double after)
{
	double held = 0, all = 0;

	for (int i = 0; i < TRIALS; i++) { /* cycles: a fetch, and mails until one comes after it */
		double cycle = 0;

		while (cycle <= ttl)
			cycle += next_gap(writer, mean);
		held += fmax(0, ttl - after);
		all += cycle;
	}
	return held / all;
}

static const struct {
	enum writer writer;
	double gap, ttl;
	const char *what;
} cases[] = {
	{ POISSON, 3600, 7 * DAY, "hourly, a week" },
	{ POISSON, DAY, 7 * DAY, "daily, a week" },
	{ POISSON, DAY, DAY, "daily, a day" },
	{ POISSON, 7 * DAY, DAY, "weekly, a day" },
	{ POISSON, DAY, 3600, "daily, an hour" },
	{ REGULAR, 7 * DAY, DAY, "each week, a day" },
	{ REGULAR, 7000, DAY, "each two hours, a day" },
	{ BURSTY, 3600, 7 * DAY, "bursts, a week" },
	{ BURSTY, 7200, 2 * DAY, "bursts, two days" },
};

Test(survival, the_formula_is_what_simulated_caches_do)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		double gap = 0, square = 0;

		state = i + 1;
		for (int j = 0; j < TRIALS; j++) {
			double one = next_gap(cases[i].writer, cases[i].gap);

			gap += one / TRIALS;
			square += one * one / TRIALS;
		}
		for (double part = 0; part < 1; part += 0.25) {
			double after = cases[i].ttl * part;
			double says = survival_of(cases[i].ttl, after, gap, square);
			double is = simulate(cases[i].writer, cases[i].gap, cases[i].ttl, after);

			cr_assert_float_eq(says, is, 0.02, "%s, after %g s: %.3f, seen %.3f",
					   cases[i].what, after, says, is);
		}
		cr_assert_eq(survival_of(cases[i].ttl, cases[i].ttl, gap, square), 0);
	}
}

Test(survival, a_poisson_writer_is_as_in_the_notes)
{
	static const struct {
		double ttl, gap, hours, percent;
	} rows[] = {
		{ 7 * DAY, 3600, 0, 99 },    { 7 * DAY, 3600, 24, 85 },	 { 7 * DAY, DAY, 6, 84 },
		{ 7 * DAY, 7 * DAY, 1, 50 }, { DAY, 3600, 6, 72 },	 { DAY, DAY, 0, 50 },
		{ DAY, DAY, 24, 0 },	     { 12 * 3600, 3600, 1, 85 }, { 6 * 3600, 3600, 6, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_assert_float_eq(100 * survival_of(rows[i].ttl, rows[i].hours * 3600, rows[i].gap,
						     2 * rows[i].gap * rows[i].gap),
				   rows[i].percent, 0.6, "row %zu", i);
}

/* Mails of one client for some days. */
static void
write_mails(struct rhythm *rhythm, unsigned net, double gap, double days)
{
	char client[32];

	for (double at = uniform() * gap; at < days * DAY; at += next_gap(POISSON, gap)) {
		snprintf(client, sizeof(client), "10.%u.%u.%u", net >> 8, net & 255,
			 (unsigned)(uniform() * 250));
		rhythm_mail(rhythm, (struct span){ client, strlen(client) }, START + (int64_t)at);
	}
}

Test(survival, the_curve_comes_from_logs)
{
	static struct rhythm rhythm;
	struct survival survival;
	double want = 0;

	state = 7;
	rhythm_init(&rhythm, 42);
	for (unsigned i = 0; i < 300; i++)
		write_mails(&rhythm, i, i % 2 ? 3600 : DAY, 30);
	survival_compute(&rhythm, START + 30 * 86400, 604800, &survival);
	cr_assert_geq(survival.regulars, 290, "%u", survival.regulars);
	want = (survival_of(DAY, 6 * 3600, 3600, 2 * 3600. * 3600) +
		survival_of(DAY, 6 * 3600, DAY, 2 * DAY * DAY)) /
	       2;
	cr_assert_float_eq(survival.share[SURVIVAL_1D][3], want, 0.03, "%.3f, wanted %.3f",
			   survival.share[SURVIVAL_1D][3], want);
	cr_assert_eq(survival.share[SURVIVAL_1D][5], 0, "after a day nobody with a cap of a day");
	cr_assert_gt(survival.share[SURVIVAL_7D][5], 0.7);
	cr_assert_eq(survival.share[SURVIVAL_7D][5], survival.share[SURVIVAL_UNCAPPED][5]);
}

Test(survival, strangers_are_no_regulars_and_do_not_tilt_the_sample)
{
	static struct rhythm rhythm, loaded;
	struct survival survival;

	state = 9;
	rhythm_init(&rhythm, 43);
	for (unsigned i = 0; i < 20000; i++) { /* seen once, or in one burst */
		char client[32];

		snprintf(client, sizeof(client), "172.%u.%u.1", i >> 8, i & 255);
		for (int j = 0; j < 4; j++)
			rhythm_mail(&rhythm, (struct span){ client, strlen(client) },
				    START + i * 20 + j);
	}
	survival_compute(&rhythm, START + 500000, 86400, &survival);
	cr_assert_eq(survival.regulars, 0);
	for (unsigned i = 0; i < 6000; i++) /* more than there is room for */
		write_mails(&rhythm, i, i % 2 ? 6 * 3600 : DAY, 20);
	survival_compute(&rhythm, START + 20 * 86400, 86400, &survival);
	cr_assert_gt(survival.regulars, 700, "%u", survival.regulars);
	cr_assert_float_eq(survival.gap, (6 * 3600 + DAY) / 2, 5000, "half of each: %.0f",
			   survival.gap);
	cr_assert(rhythm_load(&loaded, &rhythm, sizeof(rhythm)));
	cr_assert_eq(memcmp(&loaded, &rhythm, sizeof(rhythm)), 0);
	rhythm.one[3][0].gap = NAN;
	cr_assert_not(rhythm_load(&loaded, &rhythm, sizeof(rhythm)));
	cr_assert_not(rhythm_load(&loaded, &rhythm, sizeof(rhythm) - 1));
}

Test(survival, what_is_read_twice_counts_once)
{
	static struct rhythm rhythm;
	struct survival survival;

	rhythm_init(&rhythm, 44);
	for (int again = 0; again < 2; again++)
		for (int i = 0; i < 4; i++) {
			rhythm_mail(&rhythm, SPAN("2001:db8:7:1::1"), START + i * 43200);
			rhythm_mail(&rhythm, SPAN("2001:db8:7:2::9"), START + i * 43200);
			rhythm_mail(&rhythm, SPAN(""), START + i * 43200);
		}
	survival_compute(&rhythm, START + 4 * 43200, 86400, &survival);
	cr_assert_eq(survival.regulars, 1, "one network");
	cr_assert_float_eq(survival.gap, 43200, 1);
	survival_compute(&rhythm, START + 60 * 86400, 86400, &survival);
	cr_assert_eq(survival.regulars, 0, "forgotten");
}
