/*
 * A flood of bounces in virtual time, for what no box can hold: days, 300,000 bounces, 10,000
 * organisations that write in their own rhythms by resolvers with their own caps. The daemon in it
 * is daemon/core itself. What is assumed stands in docs/experiment.md; the same options and seed
 * give the same bytes.
 */
#include "tests/lab/sim/figures.h"
#include "tests/lab/sim/people.h"
#include "tests/lab/sim/queue.h"
#include "tests/tools/scenario/draw.h"

#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DAY 86400.0
#define START 1767571200.0 /* a Monday, 00:00 UTC */
#define CONNECT_WAIT 30.0  /* seconds; Postfix's smtp_connect_timeout */
#define COME_AGAIN 300.0   /* seconds; Postfix's minimal_backoff_time */
#define A_SECOND 65536	   /* most messages in one */

/* The world, by option. */
static double seed = 1, organisations = 10000, gap_hours = 24, gap_sigma = 1.8, shared = 0.2,
	      shared_resolvers = 20, lost_days = 0, ttl = 604800, split_ttl = 300, servers = 5,
	      service = 2, smtpd = 0, bounces = 300000, flood = 0, hours = 24, fading = 0,
	      hosts = 50000, zipf = 1, sessions = 0, known = 0, shed = 0, ordinary = 20,
	      learn_days = 15, after_hours = 24, least_excess = 150, prior_rate = 1,
	      min_split = 1800, calm = 1800, quiet = 5400, max_split = 86400, daemon_on = 1,
	      series = 0, step = 600, cap = 0, host_cap = 0, before = 0, split_after = 0, mta2 = 1;

static const struct {
	const char *name;
	double *value;
} option_rows[] = {
	{ "seed", &seed },
	{ "daemon", &daemon_on },	     /* 0: the same without it */
	{ "organisations", &organisations }, /* that write regularly */
	{ "gap", &gap_hours }, /* median hours between two mails of one; log-normal over them, */
	{ "gap-sigma", &gap_sigma }, /* with this deviation of the logarithm */
	{ "shared", &shared },	     /* share of them that use one of */
	{ "shared-resolvers", &shared_resolvers },
	{ "cap", &cap },	     /* seconds; of all resolvers, instead of the mixture */
	{ "lost-days", &lost_days }, /* mean days until a copy that is not used is lost; 0: never */
	{ "ttl", &ttl },
	{ "split-ttl", &split_ttl },
	{ "servers", &servers }, /* of an exchanger, each */
	{ "service", &service }, /* so many seconds with a message */
	{ "mta2", &mta2 },	 /* times as many servers at MTA2 */
	{ "smtpd", &smtpd },	 /* 1: they are smtpd processes, 0: behind the queue */
	{ "bounces", &bounces }, /* of the flood, in */
	{ "hours", &hours },
	{ "flood", &flood },	   /* times the capacity, instead of `bounces` */
	{ "fading", &fading },	   /* 1: half of it in the first sixth */
	{ "hosts", &hosts },	   /* that send bounces, */
	{ "zipf", &zipf },	   /* the n-th with a weight of n to the minus this */
	{ "known", &known },	   /* share of them that looked up just before */
	{ "sessions", &sessions }, /* seconds for which a host keeps its session */
	{ "host-cap", &host_cap }, /* as `cap`, of theirs */
	{ "shed", &shed },	   /* 1: MTA1 answers 421 to bounces while they surge */
	{ "ordinary", &ordinary }, /* bounces an hour before and beside the flood */
	{ "learn-days", &learn_days },
	{ "after-hours", &after_hours },
	{ "least-excess", &least_excess },
	{ "prior-rate", &prior_rate },
	{ "min-split", &min_split },
	{ "calm", &calm },
	{ "quiet", &quiet },
	{ "max-split", &max_split },
	{ "split-after", &split_after }, /* seconds: by hand, not by the daemon */
	{ "before", &before },		 /* seconds that are told of before the flood */
	{ "series", &series },		 /* 1: print it, in */
	{ "step", &step },		 /* seconds */
};

static struct world {
	uint64_t seed;
	struct zone zone;
	struct guard guard;
	struct figures figures;
	struct queue mta[2];
	struct people people;
	struct message now[A_SECOND];
	unsigned count;
	struct pile later;
	double onset, over, accepted; /* bounces of this second */
} world;

/* Bounces a second of the flood. */
static double
flood_rate(double now)
{
	double seconds = hours * 3600, share = (now - world.onset) / seconds;
	double all = flood > 0 ? flood * seconds * servers / service : bounces;

	if (share < 0 || share >= 1)
		return 0;
	return all / seconds * (fading != 0 ? 4 * exp(-4 * share) / (1 - exp(-4)) : 1);
}

static double
ordinary_rate(double now)
{
	double day = (1 - cos(2 * M_PI * (now / DAY - 4.0 / 24))) / 2; /* least at 4 h */

	return ordinary / 3600 * (0.4 + 1.2 * day);
}

/* Those of the second that begins `now`. */
static void
take_from(struct pile *pile, double now)
{
	while (pile->first < pile->last && pile->at[pile->first].at < now + 1 &&
	       world.count < A_SECOND)
		world.now[world.count++] = pile->at[pile->first++];
}

static void
gather(double now)
{
	double count = draw_poisson(&world.seed, flood_rate(now) + ordinary_rate(now));

	world.count = 0;
	for (double i = 0; i < count && world.count < A_SECOND; i++) {
		double at = now + draw(&world.seed);

		world.now[world.count++] = (struct message){
			at, at, people_draw_host(&world.people, (unsigned)hosts, &world.seed), true
		};
	}
	take_from(&world.people.mails, now);
	take_from(&world.later, now);
	pile_sort(world.now, world.count);
}

/* Which set the sender goes by: that of a session which it keeps, or of its resolver. */
static bool
asks(const struct message *message)
{
	struct host *host;

	if (!message->bounce)
		return zone_ask(&world.zone, world.people.organisations[message->who].resolver,
				message->at, &world.seed);
	host = &world.people.hosts[message->who];
	if (sessions > 0 && message->at - host->session_used < 2 &&
	    message->at - host->session_from < sessions) {
		host->session_used = message->at;
		return host->session_split;
	}
	host->session_from = host->session_used = message->at;
	return host->session_split = zone_ask(&world.zone, &host->copy, message->at, &world.seed);
}

static bool
takes(int mta, const struct message *message)
{
	if (mta == 0 && message->bounce && shed != 0 && world.guard.finding.surge)
		return false;
	return smtpd == 0 || queue_free(&world.mta[mta], message->at) - message->at <= CONNECT_WAIT;
}

static void
deliver(const struct message *message)
{
	bool split = asks(message);
	struct message again = *message;
	int mta = split ? 1 : 0;
	double done;

	if (!takes(mta, message)) {
		world.figures.turned++;
		if (split || !takes(1, message)) {
			again.at += COME_AGAIN;
			pile_put(&world.later, again);
			return;
		}
		mta = 1;
	}
	done = queue_take(&world.mta[mta], message->at);
	world.figures.done++;
	world.accepted += message->bounce;
	if (message->bounce)
		figures_bounce(&world.figures, message->at, mta);
	else
		figures_mail(&world.figures, message->first, mta, done - message->first,
			     world.zone.split ? message->at - world.guard.split_at : -1,
			     !world.zone.split && world.guard.restored_at > 0
				     ? message->at - world.guard.restored_at
				     : -1);
}

/* At the first split: whose copy would still be there so many hours later, and what the formula
 * says of them. */
static void
measure_survival(double now)
{
	struct figures *figures = &world.figures;

	for (unsigned i = 0; i < (unsigned)organisations; i++) {
		const struct organisation *one = &world.people.organisations[i];
		double left = zone_left(one->resolver, now), gap = one->gap;

		if (gap > 35 * DAY / 3) /* would not be called a regular */
			continue;
		figures->regulars++;
		for (int h = 0; h < SURVIVAL_HOURS; h++) {
			figures->seen[h] += left > survival_hours[h] * 3600
						    ? zone_keeps(&world.zone, one->resolver,
								 now + survival_hours[h] * 3600)
						    : 0;
			figures->formula[h] +=
				survival_of(fmin(ttl, one->resolver->cap), survival_hours[h] * 3600,
					    gap, 2 * gap * gap);
			figures->said[h] += survival_of(fmin(ttl, 86400), survival_hours[h] * 3600,
							gap, 2 * gap * gap);
		}
	}
	for (int h = 0; h < SURVIVAL_HOURS && figures->regulars; h++) {
		figures->seen[h] /= figures->regulars;
		figures->formula[h] /= figures->regulars;
		figures->said[h] /= figures->regulars;
	}
}

static void
play(double end)
{
	for (double now = START; now < end; now++) {
		unsigned splits = world.guard.splits;

		if (now == world.onset)
			for (unsigned i = 0; i < (unsigned)hosts; i++)
				if (draw(&world.seed) < known)
					zone_ask(&world.zone, &world.people.hosts[i].copy, now,
						 &world.seed);
		gather(now);
		world.accepted = 0;
		for (unsigned i = 0; i < world.count; i++) {
			world.figures.handed += world.now[i].at == world.now[i].first;
			deliver(&world.now[i]);
		}
		figures_behind(&world.figures, now, queue_free(&world.mta[0], now) - now);
		guard_step(&world.guard, (int64_t)now + 1, world.accepted, &world.zone);
		if (splits == 0 && world.guard.splits == 1)
			measure_survival(now + 1);
	}
}

static int
usage(const char *what)
{
	fprintf(stderr, "sim: %s\nusage: sim [--NAME NUMBER]..., of:\n ", what);
	for (size_t i = 0; i < sizeof(option_rows) / sizeof(option_rows[0]); i++)
		fprintf(stderr, " %s %g", option_rows[i].name, *option_rows[i].value);
	fputc('\n', stderr);
	return 64;
}

static const char *
read_options(int argc, char **argv)
{
	for (int i = 1; i < argc; i += 2) {
		size_t row = 0, rows = sizeof(option_rows) / sizeof(option_rows[0]);
		char *end;

		while (row < rows && (strncmp(argv[i], "--", 2) != 0 ||
				      strcmp(argv[i] + 2, option_rows[row].name) != 0))
			row++;
		if (row == rows || i + 1 == argc)
			return "an option is not known, or has no number";
		*option_rows[row].value = strtod(argv[i + 1], &end);
		if (*end || end == argv[i + 1] || !(*option_rows[row].value >= 0))
			return "a value is no number, or less than 0";
	}
	if (servers < 1 || servers * fmax(mta2, 1) > QUEUE_SERVERS || servers * mta2 < 1 ||
	    hosts < 1 || shared_resolvers < 1 || service <= 0 || step < 1 || hours <= 0 || ttl < 1)
		return "a value is out of range";
	return NULL;
}

int
main(int argc, char **argv)
{
	const char *wrong = read_options(argc, argv);
	struct people_rules rules = { .organisations = (unsigned)organisations,
				      .shared_resolvers = (unsigned)shared_resolvers,
				      .hosts = (unsigned)hosts,
				      .gap = gap_hours * 3600,
				      .sigma = gap_sigma,
				      .shared = shared,
				      .cap = cap,
				      .host_cap = host_cap,
				      .zipf = zipf,
				      .ttl = ttl };

	if (wrong)
		return usage(wrong);
	world.seed = (uint64_t)seed + 1;
	world.onset = START + learn_days * DAY + 10 * 3600; /* ten in the morning */
	world.over = world.onset + hours * 3600;
	world.zone =
		(struct zone){ .ttl = ttl, .split_ttl = split_ttl, .lost_after = lost_days * DAY };
	world.figures = (struct figures){ .from = world.onset - before,
					  .until = world.over + after_hours * 3600,
					  .step = step };
	for (int i = 0; i < 2; i++)
		world.mta[i] = (struct queue){ .servers = (unsigned)(servers * (i ? mta2 : 1)),
					       .service = service };
	world.guard =
		(struct guard){ .acts = daemon_on != 0,
				.split_at_will = split_after > 0 ? world.onset + split_after : 0,
				.detect_rules = { prior_rate, least_excess, quiet, false },
				.decide_rules = { .mode = MODE_AUTO,
						  .min_split = (int64_t)min_split,
						  .calm = (int64_t)calm,
						  .max_split = (int64_t)max_split,
						  .splits_a_day = 4,
						  .warm_up = 86400,
						  .retry_first = 5,
						  .retry_max = 900 } };
	guard_init(&world.guard, (int64_t)START);
	people_make(&world.people, &rules, START, world.figures.until, &world.seed);
	play(world.figures.until);
	figures_print(&world.figures, &world.guard, world.onset, world.over, series != 0, stdout);
	figures_free(&world.figures);
	people_free(&world.people);
	free(world.later.at);
	return 0;
}
