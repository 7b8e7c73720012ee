/*
 * Writes the log of a Postfix that never was: ordinary mail and bounces, refused, deferred,
 * accepted and probing, interleaved as by several processes, with hostile addresses among them; and
 * the exact truth beside it. The same seed gives the same bytes.
 *
 * It plays events in virtual time: sources of sessions, sessions (one smtpd), and messages (queue
 * manager and delivery), each an actor that writes a line or two and says when it goes on.
 */
#include "tests/tools/genlog_mail.h"

#include <fcntl.h>
#include <getopt.h>

/* Where sessions come from. */

static enum play
some_play(bool bounces)
{
	int chance = some(0, 99), play = 0;

	for (;; play++) {
		chance -= bounces ? plays[play].bounce : plays[play].mail;
		if (chance < 0)
			return (enum play)play;
	}
}

static int
rate_now(const struct actor *actor)
{
	int64_t second = actor->at_us / WHEN_SECOND_US - options.start;

	if (actor->part == PART_MAIL)
		return options.mail;
	if (options.surge_rate && second >= options.surge_from &&
	    second < options.surge_from + options.surge_for)
		return options.surge_rate;
	return options.bounces;
}

static int
source(struct actor *actor)
{
	int rate = rate_now(actor);
	struct actor *new;

	if (ending)
		return -1;
	if (rate == 0)
		return 1000000;
	new = enter(PART_SESSION, actor->at_us + 1);
	if (new) {
		new->null_sender = actor->part == PART_BOUNCES;
		new->play = some_play(new->null_sender);
		new->left = new->play == PLAY_REFUSED_MANY			 ? some(2, 8)
			    : new->play == PLAY_MAIL &&chance_percent(&dice, 10) ? 2
										 : 1;
		some_client(new->client);
		if (!new->null_sender)
			some_sender(new->from);
		if (new->play == PLAY_MAIL_HOSTILE)
			snprintf(new->from, ADDRESS,
				 "\"a>, size=1, nrcpt=1 (queue active) from=<\"@peer%d.example",
				 some(1, 20));
	}
	return some(1, 2 * 60000000 / rate);
}

/* What is in every log and of no interest. */
static int
noise(struct actor *actor)
{
	char client[ADDRESS];

	if (ending)
		return -1;
	some_client(client);
	if (chance_percent(&dice, 50))
		LINE(actor, "anvil", 280,
		     "statistics: max connection rate %d/60s for (smtp:203.0.113.1) at Nov 24 "
		     "16:36:26",
		     some(1, 60));
	else if (chance_percent(&dice, 50))
		LINE(actor, "smtpd", 1999,
		     "warning: hostname from=<> does not resolve to address %s", client);
	else
		LINE(actor, "smtpd", 1999,
		     "improper command pipelining after EHLO from %s: MAIL FROM:<>\\r\\nRCPT "
		     "TO:<g@%s>\\r\\n",
		     client, truth.name[1]);
	return some(1, 10000000);
}

static bool
enough(int64_t now_us)
{
	return (options.size && out.bytes >= options.size) ||
	       (options.lines && out.lines >= options.lines) ||
	       (options.length && now_us / WHEN_SECOND_US - options.start >= options.length);
}

/* Plays until there is enough, then lets what has begun come to its end. */
static void
play_all(void)
{
	while (heap_size > 0) {
		int number = heap[0], wait;
		struct actor *actor = &actors[number];

		if (!ending && enough(actor->at_us))
			ending = true;
		wait = actor->part == PART_SESSION   ? session(actor)
		       : actor->part == PART_MESSAGE ? message(actor)
		       : actor->part == PART_NOISE   ? noise(actor)
						     : source(actor);
		if (wait < 0) {
			/* New actors went in behind it (never at its own instant): it is still the
			 * first. */
			heap[0] = heap[--heap_size];
			spare[spares++] = number;
		} else {
			actor->at_us += wait;
		}
		sink();
	}
	out_flush(&out);
}

static void
print_kinds(FILE *file, const int64_t kinds[EVENT_KINDS])
{
	const char *comma = "";

	for (int kind = 0; kind < EVENT_KINDS; kind++)
		if (kinds[kind]) {
			fprintf(file, "%s\"%s\":%lld", comma, event_name((enum event_kind)kind),
				(long long)kinds[kind]);
			comma = ",";
		}
}

/* As `mxsplitctl classify --summary` says it. Domain 0 is the one that the log does not tell. */
static void
print_truth(const char *path)
{
	int64_t sums[EVENT_KINDS] = { 0 };
	FILE *file = fopen(path, "w");
	const char *comma = "";

	if (!file) {
		perror(path);
		exit(73);
	}
	for (int i = 0; i < truth.count; i++)
		for (int kind = 0; kind < EVENT_KINDS; kind++)
			sums[kind] += truth.kinds[i][kind];
	fprintf(file, "{\"lines\":%llu,\"kinds\":{", (unsigned long long)out.lines);
	print_kinds(file, sums);
	fprintf(file, "},\"domains\":{");
	for (int i = 1; i < truth.count; i++) {
		fprintf(file, "%s\"%s\":{", comma, truth.name[i]);
		print_kinds(file, truth.kinds[i]);
		fprintf(file, "}");
		comma = ",";
	}
	fprintf(file, "}}\n");
	fclose(file);
}

static void
usage(const char *why)
{
	fprintf(stderr,
		"genlog: %s\n"
		"usage: genlog [--size N[K|M|G] | --lines N | --for DURATION] [--seed N] [--start "
		"EPOCH]\n"
		"  [--mail PER-MINUTE] [--bounces PER-MINUTE] [--surge FROM:PER-MINUTE:FOR]\n"
		"  [--domain NAME]... [--host NAME] [--stamp rfc3164|rfc3339] [--ids "
		"short|long|mixed]\n"
		"  [--filter] [--truth FILE] [--out FILE]\n",
		why);
	exit(64);
}

static uint64_t
number_of(const char *text)
{
	char *end;
	uint64_t value = strtoull(text, &end, 10);

	for (int i = 0; i < 3; i++)
		if (*end == "KMG"[i] && end[1] == '\0')
			return value << (10 * (i + 1));
	if (end == text || *end)
		usage("a number was wanted");
	return value;
}

static int64_t
duration_of(const char *text, size_t length)
{
	int64_t seconds;

	if (!when_parse_duration((struct span){ text, length }, &seconds))
		usage("a duration was wanted, such as 90s or 2h");
	return seconds;
}

static void
take_surge(const char *text)
{
	const char *rate = strchr(text, ':'), *length = rate ? strchr(rate + 1, ':') : NULL;

	if (!rate)
		usage("a surge is FROM:PER-MINUTE or FROM:PER-MINUTE:FOR");
	options.surge_from = duration_of(text, (size_t)(rate - text));
	options.surge_rate = (int)strtol(rate + 1, NULL, 10);
	options.surge_for = length ? duration_of(length + 1, strlen(length + 1)) : INT32_MAX;
}

static void
take_file(const char *path)
{
	out.fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (out.fd < 0) {
		perror(path);
		exit(73);
	}
}

static void
take_option(int option, const char *text)
{
	switch (option) {
	case 's':
		options.size = number_of(text);
		break;
	case 'l':
		options.lines = number_of(text);
		break;
	case 'f':
		options.length = duration_of(text, strlen(text));
		break;
	case 'r':
		dice.state = number_of(text);
		break;
	case 't':
		options.start = (int64_t)number_of(text);
		break;
	case 'm':
		options.mail = (int)number_of(text);
		break;
	case 'b':
		options.bounces = (int)number_of(text);
		break;
	case 'u':
		take_surge(text);
		break;
	case 'd':
		if (options.domains == DOMAINS / 2 || strlen(text) >= ADDRESS / 2)
			usage("too many domains, or one that is too long");
		options.domains = domain_number(text);
		break;
	case 'h':
		out.host = text;
		break;
	case 'p':
		out.rfc3339 = strcmp(text, "rfc3339") == 0;
		break;
	case 'i':
		options.long_ids = text[0] == 's' ? 0 : text[0] == 'l' ? 100 : 50;
		break;
	case 'c':
		options.filter = true;
		break;
	case 'w':
		options.truth = text;
		break;
	case 'o':
		take_file(text);
		break;
	default:
		usage("what was that?");
	}
}

int
main(int argc, char **argv)
{
	static const struct option names[] = {
		{ "size", 1, NULL, 's' },    { "lines", 1, NULL, 'l' }, { "for", 1, NULL, 'f' },
		{ "seed", 1, NULL, 'r' },    { "start", 1, NULL, 't' }, { "mail", 1, NULL, 'm' },
		{ "bounces", 1, NULL, 'b' }, { "surge", 1, NULL, 'u' }, { "domain", 1, NULL, 'd' },
		{ "host", 1, NULL, 'h' },    { "stamp", 1, NULL, 'p' }, { "ids", 1, NULL, 'i' },
		{ "filter", 0, NULL, 'c' },  { "truth", 1, NULL, 'w' }, { "out", 1, NULL, 'o' },
		{ NULL, 0, NULL, 0 }
	};

	domain_number("");
	for (int option; (option = getopt_long(argc, argv, "", names, NULL)) != -1;)
		take_option(option, optarg);
	if (optind < argc)
		usage("no arguments without a name are taken");
	if (!options.domains)
		options.domains = domain_number("example.jp");
	if (!options.size && !options.lines && !options.length)
		options.lines = 10000;
	for (int i = ACTORS - 1; i >= 0; i--)
		spare[spares++] = i;
	for (int part = PART_MAIL; part <= PART_NOISE; part++)
		enter((enum part)part, options.start * WHEN_SECOND_US);
	play_all();
	if (options.truth)
		print_truth(options.truth);
	return 0;
}
