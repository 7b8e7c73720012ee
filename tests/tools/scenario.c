/*
 * Writes the bounces of a domain that never was, as CSV for `mxsplitctl backtest`: a Poisson stream
 * with day and week, gamma spread, a wandering level, newsletters' bursts, gaps and surges. The
 * same seed gives the same bytes. Each surge and burst stands in a comment before the data:
 * `# surge FROM TO BOUNCES`.
 */
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
	"usage: scenario poisson|step|ramp|newsletter|quiet|mixed|gap [--seed N] [--days D]\n"     \
	"  [--period S] [--rate PER_MINUTE] [--ratio R] [--at DAY] [--size BOUNCES] [--for "       \
	"HOURS]\n"

enum shape { SHAPE_FLAT, SHAPE_RAMP, SHAPE_FADING };

struct pulse { /* a burst or a surge */
	double from, until, bounces;
	enum shape shape;
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
uniform(void)
{
	uint64_t z = scenario.seed += 0x9e3779b97f4a7c15; /* splitmix64 */

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return ((double)((z ^ (z >> 31)) >> 11) + 0.5) * 0x1p-53;
}

static double
between(double least, double most)
{
	return least * pow(most / least, uniform());
}

static double
normal(void)
{
	return sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform());
}

static double
poisson(double mean)
{
	double left = exp(-mean), product = uniform();
	int n = 0;

	if (mean > 100)
		return fmax(0, floor(mean + sqrt(mean) * normal() + 0.5));
	while (product > left) {
		product *= uniform();
		n++;
	}
	return n;
}

/* Marsaglia and Tsang (2000). */
static double
gamma_of(double shape)
{
	double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d), x, v;

	if (shape < 1)
		return gamma_of(shape + 1) * pow(uniform(), 1 / shape);
	do {
		x = normal();
		v = 1 + c * x;
		v = v * v * v;
	} while (v <= 0 || log(uniform()) > x * x / 2 + d - d * v + d * log(v));
	return d * v;
}

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
add_pulse(const char *name, double from, double seconds, double bounces, enum shape shape)
{
	if (scenario.pulses == PULSES)
		return;
	scenario.pulse[scenario.pulses++] = (struct pulse){ from, from + seconds, bounces, shape };
	printf("# %s %.0f %.0f %.0f\n", name, from, from + seconds, bounces);
}

static void
add_bursts(void)
{
	double time = START;

	while (scenario.bursts > 0) {
		time += -log(uniform()) * 7 * DAY / scenario.bursts;
		if (time >= START + scenario.days * DAY)
			return;
		add_pulse("burst", time, between(120, 1800), fmin(60 * exp(1.1 * normal()), 3000),
			  SHAPE_FADING);
	}
}

static void
set_up(void)
{
	struct scenario *s = &scenario;
	double at = START + s->at * DAY, seconds = s->hours * 3600;

	if (strcmp(s->kind, "quiet") == 0 || strcmp(s->kind, "mixed") == 0) {
		s->rate = between(0.3, 15);
		s->season = uniform() * 0.9;
		s->spread = uniform();
		s->wander = uniform() * 0.4;
		s->bursts = between(0.5, 6);
	}
	if (strcmp(s->kind, "mixed") == 0) {
		at = START + (s->days * (0.4 + 0.4 * uniform())) * DAY;
		seconds = between(2, 60) * 3600;
		add_pulse("surge", at, seconds, between(10000, 300000),
			  (enum shape)(int)(uniform() * 3));
	} else if (strcmp(s->kind, "step") == 0) {
		add_pulse("surge", at, seconds, s->rate / 60 * (s->ratio - 1) * seconds,
			  SHAPE_FLAT);
	} else if (strcmp(s->kind, "ramp") == 0) {
		add_pulse("surge", at, seconds, s->size, SHAPE_RAMP);
	} else if (strcmp(s->kind, "newsletter") == 0) {
		add_pulse("burst", at, seconds, s->size, SHAPE_FADING);
	} else if (strcmp(s->kind, "gap") == 0) {
		s->gap_hours = s->hours;
	}
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

static void
play(void)
{
	double level = 0, keep = exp(-scenario.period / 1800), weight = 1, minute = 0;
	double end = START + scenario.days * DAY, gap = START + scenario.at * DAY;
	unsigned first = 0;

	qsort(scenario.pulse, scenario.pulses, sizeof(scenario.pulse[0]), earlier);
	for (uint64_t tick = 1; START + (double)tick * scenario.period <= end; tick++) {
		double time = START + (double)tick * scenario.period;
		double rate = scenario.rate / 60 * season_at(time);

		level = level * keep + scenario.wander * sqrt(1 - keep * keep) * normal();
		if (time >= minute) {
			minute = time + 60;
			weight = scenario.spread > 0
					 ? gamma_of(1 / scenario.spread) * scenario.spread
					 : 1;
		}
		rate *= weight * exp(level - scenario.wander * scenario.wander / 2);
		while (first < scenario.pulses && scenario.pulse[first].until < time)
			first++;
		for (unsigned i = first; i < scenario.pulses && scenario.pulse[i].from < time; i++)
			rate += pulse_rate(&scenario.pulse[i], time - scenario.period / 2);
		if (time > gap && time <= gap + scenario.gap_hours * 3600)
			continue;
		printf("%.0f,%.0f\n", time, poisson(rate * scenario.period));
	}
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		double *value;
	} numbers[] = {
		{ "days", &scenario.days },	{ "period", &scenario.period },
		{ "rate", &scenario.rate },	{ "ratio", &scenario.ratio },
		{ "at", &scenario.at },		{ "size", &scenario.size },
		{ "for", &scenario.hours },	{ "season", &scenario.season },
		{ "spread", &scenario.spread }, { "wander", &scenario.wander },
		{ "bursts", &scenario.bursts },
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
	set_up();
	puts("epoch_seconds,count");
	play();
	return ferror(stdout) != 0;
}
