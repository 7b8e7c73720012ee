/*
 * Writes the bounces of a domain that never was, as CSV for `mxsplitctl backtest`: a Poisson stream
 * with day and week, gamma spread, a wandering level, bursts of its own, gaps and surges. The same
 * seed gives the same bytes. Each surge and burst stands in a comment before the data:
 * `# surge FROM TO BOUNCES`. `--evidence 1` adds columns of what logs tell of the bounces (the
 * counts stay the same); docs/detection.md says what is assumed of them and why.
 */
#include "tests/tools/scenario/draw.h"

#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY 86400.0
#define START 1767571200.0 /* a Monday, 00:00 UTC */
#define PULSES 4096
#define USAGE                                                                                      \
	"usage: scenario poisson|step|ramp|pulses|newsletter|dictionary|replay|dst|cold|growth|\n" \
	"  quiet|mixed|gap [--seed N] [--days D] [--period S] [--rate PER_MINUTE] [--ratio R]\n"   \
	"  [--at DAY] [--size BOUNCES] [--for HOURS] [--real 1] [--evidence 1]\n"

enum shape { SHAPE_FLAT, SHAPE_RAMP, SHAPE_FADING };

/* Who sends bounces: shares of them that go to unknown users, come from new clients, come from
 * clients that were written to, carry a tag, are probes; and how many of them are of a kind. */
enum source { NORMAL, NEWSLETTER, OUTSIDE, LOOP, STRANGERS, DICTIONARY, SOURCES };
enum mark { UNKNOWN, NEW, ASKED, TAGGED, PROBES, MARKS };

struct pulse { /* a burst or a surge */
	double from, until, bounces;
	enum shape shape;
	enum source source;
};

static struct scenario {
	const char *kind;
	uint64_t seed;
	double days, period, rate, ratio, at, size, hours;
	double season;	  /* 0 to 1: how much less in the night */
	double spread;	  /* `a` of a minute */
	double wander;	  /* standard deviation of the level's logarithm, half an hour long */
	double bursts;	  /* a week */
	double gap_hours; /* at `at` */
	double backlog, replayed; /* bounces of the gap; those that came after it */
	double real;		  /* the domain is drawn, not clean */
	double evidence;
	double growth; /* times the rate, from the first day to the last */
	double shift;  /* seconds by which the season's clock jumps at `at` */
	double share[SOURCES][MARKS];
	double alike[SOURCES];
	double mailing; /* bounces of a message sent by us */
	uint64_t other; /* the seed of what is not counts */
	unsigned pulses;
	struct pulse pulse[PULSES];
} scenario = { .seed = 1,
	       .days = 14,
	       .period = 10,
	       .rate = 3,
	       .ratio = 10,
	       .at = 10,
	       .size = 30000,
	       .hours = 12 };

static double
pulse_rate(const struct pulse *pulse, double time)
{
	double share = (time - pulse->from) / (pulse->until - pulse->from);
	double even = pulse->bounces / (pulse->until - pulse->from);

	if (share < 0 || share >= 1)
		return 0;
	if (pulse->shape == SHAPE_FLAT)
		return even;
	if (pulse->shape == SHAPE_RAMP)
		return even * 2 * (share < 0.5 ? 2 * share : 2 - 2 * share);
	return even * 4 * exp(-4 * share) / (1 - exp(-4));
}

static void
add_pulse(const char *name, double from, double seconds, double bounces, enum shape shape,
	  enum source source)
{
	if (scenario.pulses == PULSES)
		return;
	scenario.pulse[scenario.pulses++] =
		(struct pulse){ from, from + seconds, bounces, shape, source };
	printf("# %s %.0f %.0f %.0f\n", name, from, from + seconds, bounces);
}

/* Newsletters mostly; one in ten sent by others for us, one in ten a loop. */
static enum source
burst_source(void)
{
	double which = draw(&scenario.other);

	return which < 0.1 ? OUTSIDE : which < 0.2 ? LOOP : NEWSLETTER;
}

static void
add_bursts(void)
{
	double time = START;

	while (scenario.bursts > 0) {
		time += -log(draw(&scenario.seed)) * 7 * DAY / scenario.bursts;
		if (time >= START + scenario.days * DAY)
			return;
		add_pulse("burst", time, draw_between(&scenario.seed, 120, 1800),
			  fmin(60 * exp(1.1 * draw_normal(&scenario.seed)), 3000), SHAPE_FADING,
			  burst_source());
	}
}

static double
other_between(double least, double most)
{
	return least + (most - least) * draw(&scenario.other);
}

static void
set_up_evidence(void)
{
	static const double shares[SOURCES][MARKS] = {
		[NEWSLETTER] = { 0.01, 0.3, 0.85, 0, 0.1 },
		[OUTSIDE] = { 0.01, 0.6, 0.1, 0, 0.05 },
		[LOOP] = { 0, 0, 0.5, 0, 0 },
		[STRANGERS] = { 0, 0, 0.02, 0, 0.15 },
		[DICTIONARY] = { 0.95, 0.02, 0.01, 0, 0.9 },
	};
	struct scenario *s = &scenario;
	double *normal_share = s->share[NORMAL];
	bool one_address;

	memcpy(s->share, shares, sizeof(shares));
	normal_share[UNKNOWN] = other_between(0.01, 0.15);
	normal_share[NEW] = other_between(0.1, 0.35);
	normal_share[ASKED] = other_between(0.3, 0.8);
	normal_share[TAGGED] = other_between(0, 3) < 1 ? other_between(0.7, 0.95) : 0;
	normal_share[PROBES] = 0.08;
	s->share[NEWSLETTER][TAGGED] = normal_share[TAGGED];
	one_address = other_between(0, 4) < 1;
	s->share[STRANGERS][UNKNOWN] = one_address ? 0 : other_between(0.5, 0.95);
	s->share[STRANGERS][NEW] = other_between(0.5, 0.85);
	for (int i = 0; i < SOURCES; i++)
		s->alike[i] = i == LOOP || i == DICTIONARY ? 20 : 3;
	s->mailing = other_between(0.02, 0.06);
}

static void
draw_domain(struct scenario *s)
{
	s->rate = draw_between(&scenario.seed, 0.3, 15);
	s->season = draw(&scenario.seed) * 0.9;
	s->spread = draw(&scenario.seed);
	s->wander = draw(&scenario.seed) * 0.4;
	s->bursts = draw_between(&scenario.seed, 0.5, 6);
}

static bool
is(const char *kind)
{
	return strcmp(scenario.kind, kind) == 0;
}

static void
add_surges(struct scenario *s, double at, double seconds)
{
	if (is("mixed") || is("cold")) {
		at = START + (is("cold") ? 0.01 + 0.9 * draw(&scenario.seed)
					 : s->days * (0.4 + 0.4 * draw(&scenario.seed))) *
				     DAY;
		seconds = draw_between(&scenario.seed, 2, 60) * 3600;
		add_pulse("surge", at, seconds, draw_between(&scenario.seed, 10000, 300000),
			  (enum shape)(int)(draw(&scenario.seed) * 3), STRANGERS);
	} else if (is("step")) {
		add_pulse("surge", at, seconds, s->rate / 60 * (s->ratio - 1) * seconds, SHAPE_FLAT,
			  STRANGERS);
	} else if (is("ramp")) {
		add_pulse("surge", at, seconds, s->size, SHAPE_RAMP, STRANGERS);
	} else if (is("pulses")) { /* ten minutes on, twenty off */
		printf("# train %.0f %.0f %.0f\n", at, at + seconds, s->size);
		for (int i = 0; i * 1800 < seconds; i++)
			add_pulse("pulse", at + i * 1800, 600, s->size * 1800 / seconds, SHAPE_FLAT,
				  STRANGERS);
	} else if (is("newsletter")) {
		add_pulse("burst", at, seconds, s->size, SHAPE_FADING, NEWSLETTER);
	} else if (is("dictionary")) { /* few clients, an hour, an even rate */
		add_pulse("attack", at, 3600 * other_between(0.5, 2), other_between(300, 1000),
			  SHAPE_FLAT, DICTIONARY);
	}
}

static void
set_up(void)
{
	struct scenario *s = &scenario;
	static const char *const drawn[] = { "quiet", "mixed", "dictionary", "replay",
					     "dst",   "cold",  "growth",     "pulses" };

	for (size_t i = 0; i < sizeof(drawn) / sizeof(drawn[0]); i++)
		s->real = is(drawn[i]) ? 1 : s->real;
	set_up_evidence();
	if (s->real > 0)
		draw_domain(s);
	add_surges(s, START + s->at * DAY, s->hours * 3600);
	if (is("gap") || is("replay"))
		s->gap_hours = s->hours;
	s->growth = is("growth") ? 4 : 1;
	s->shift = is("dst") ? 3600 : 0;
	add_bursts();
}

static int
earlier(const void *a, const void *b)
{
	const struct pulse *one = a, *other = b;

	return (one->from > other->from) - (one->from < other->from);
}

static double
season_at(double time)
{
	double day = (1 - cos(2 * M_PI * (time / DAY - 4.0 / 24))) / 2; /* least at 4 h */
	bool weekend = fmod((time - START) / DAY, 7) >= 5;

	return (1 - scenario.season) + scenario.season * 2 * day * (weekend ? 0.4 : 1.24);
}

/* How many of a source's bounces in a tick carry a mark: those alike carry it together. Drawn in
 * pieces, for a binomial of many groups is slow. */
static double
draw_marked(double part, double alike, double share)
{
	double piece = 500 * alike, marked = 0;

	for (unsigned i = 0; part > i * piece; i++) {
		double some = fmin(part - i * piece, piece);
		double groups = ceil(some / alike);

		marked +=
			floor(draw_binomial(&scenario.other, groups, share) * some / groups + 0.5);
	}
	return marked;
}

/* Marks of one tick's bounces: each source has the part that its rate is of all. */
static void
print_evidence(double count, const double rates[SOURCES], double sent)
{
	double marks[MARKS] = { 0 }, rate = 0, left = count;

	for (int i = 0; i < SOURCES; i++)
		rate += rates[i];
	for (int i = 0; i < SOURCES && left > 0; i++) {
		double part = rates[i] < rate
				      ? draw_binomial(&scenario.other, left, rates[i] / rate)
				      : left;

		left -= part;
		rate -= rates[i];
		for (int m = 0; m < MARKS; m++)
			marks[m] += draw_marked(part, scenario.alike[i], scenario.share[i][m]);
	}
	for (int m = 0; m < MARKS; m++)
		printf(",%.0f", fmin(marks[m], count));
	printf(",%.0f", floor(sent + draw(&scenario.other)));
}

static void
print_tick(double time, double count, const double rates[SOURCES])
{
	const struct scenario *s = &scenario;

	printf("%.0f,%.0f", time, count);
	if (s->evidence > 0)
		print_evidence(count, rates,
			       (rates[NORMAL] * 0.5 + rates[NEWSLETTER]) / s->mailing * s->period);
	putchar('\n');
}

/* Rates of all sources at `time`; the pulses that are over are not looked at again. */
static void
rates_at(double time, double weight, double rates[SOURCES])
{
	static unsigned first;
	struct scenario *s = &scenario;
	bool later = time > START + s->at * DAY;
	double grown = 1 + (s->growth - 1) * (time - START) / (s->days * DAY);

	memset(rates, 0, sizeof(double) * SOURCES);
	rates[NORMAL] = s->rate / 60 * season_at(time + (later ? s->shift : 0)) * weight * grown;
	while (first < s->pulses && s->pulse[first].until < time)
		first++;
	for (unsigned i = first; i < s->pulses && s->pulse[i].from < time; i++)
		rates[s->pulse[i].source] += pulse_rate(&s->pulse[i], time - s->period / 2);
}

/* A gap, and what comes of it afterwards, within a minute; false: nobody sees this tick. */
static bool
see_gap(double time, double *count)
{
	struct scenario *s = &scenario;
	double gap = START + s->at * DAY, over = gap + s->gap_hours * 3600, part;

	if (time > gap && time <= over) {
		s->backlog += is("replay") ? *count : 0;
		return false;
	}
	part = time <= over ? 0 : fmin(s->backlog - s->replayed, ceil(s->backlog * s->period / 60));
	s->replayed += part;
	*count += part;
	return true;
}

static void
play(void)
{
	struct scenario *s = &scenario;
	double level = 0, keep = exp(-s->period / 1800), weight = 1, minute = 0;
	double end = START + s->days * DAY;

	qsort(s->pulse, s->pulses, sizeof(s->pulse[0]), earlier);
	for (uint64_t tick = 1; START + (double)tick * s->period <= end; tick++) {
		double time = START + (double)tick * s->period, rates[SOURCES], rate = 0, count;

		level = level * keep +
			s->wander * sqrt(1 - keep * keep) * draw_normal(&scenario.seed);
		if (time >= minute) {
			minute = time + 60;
			weight = s->spread > 0
					 ? draw_gamma(&scenario.seed, 1 / s->spread) * s->spread
					 : 1;
		}
		rates_at(time, weight * exp(level - s->wander * s->wander / 2), rates);
		for (int i = 0; i < SOURCES; i++)
			rate += rates[i];
		count = draw_poisson(&scenario.seed, rate * s->period);
		if (see_gap(time, &count))
			print_tick(time, count, rates);
	}
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		double *value;
	} numbers[] = {
		{ "days", &scenario.days },
		{ "period", &scenario.period },
		{ "rate", &scenario.rate },
		{ "ratio", &scenario.ratio },
		{ "at", &scenario.at },
		{ "size", &scenario.size },
		{ "for", &scenario.hours },
		{ "season", &scenario.season },
		{ "spread", &scenario.spread },
		{ "wander", &scenario.wander },
		{ "bursts", &scenario.bursts },
		{ "real", &scenario.real },
		{ "evidence", &scenario.evidence },
	};

	if (argc < 2 || argc % 2) {
		fputs(USAGE, stderr);
		return 2;
	}
	scenario.kind = argv[1];
	for (int i = 2; i < argc; i += 2) {
		if (strcmp(argv[i], "--seed") == 0)
			scenario.seed = strtoull(argv[i + 1], NULL, 10) * 0x2545f4914f6cdd1d;
		for (size_t n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++)
			if (strncmp(argv[i], "--", 2) == 0 &&
			    strcmp(argv[i] + 2, numbers[n].name) == 0)
				*numbers[n].value = strtod(argv[i + 1], NULL);
	}
	scenario.other = ~scenario.seed;
	set_up();
	puts(scenario.evidence > 0 ? "epoch_seconds,count,unknown_users,new_clients,asked,tagged,"
				     "probes,sent"
				   : "epoch_seconds,count");
	play();
	return ferror(stdout) != 0;
}
