#include "tests/tools/genlog/options.h"

#include "daemon/base/when.h"
#include "tests/tools/genlog/chance.h"
#include "tests/tools/genlog/truth.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_DOMAINS 1000

uint64_t chance_state = 1;

struct options options = {
	.start = 1795538184,
	.mail = 600,
	.bounces = 20,
	.long_ids = 50,
	.instances = 1,
	.often = { [OFTEN_HOSTILE] = 1,
		   [OFTEN_SUBMISSION] = 3,
		   [OFTEN_POSTSCREEN] = 3,
		   [OFTEN_ABANDONED] = 1,
		   [OFTEN_REPEATED] = 1,
		   [OFTEN_PRESSURE] = 1,
		   [OFTEN_RETRIES] = 3,
		   [OFTEN_SEVERAL] = 8 },
};

static const char *const oftens[OFTENS] = {
	[OFTEN_HOSTILE] = "hostile",
	[OFTEN_UTF8] = "utf8",
	[OFTEN_FILTER] = "filter",
	[OFTEN_XFORWARD] = "xforward",
	[OFTEN_EACH] = "each",
	[OFTEN_PROXY] = "proxy",
	[OFTEN_SUBMISSION] = "submission",
	[OFTEN_POSTSCREEN] = "postscreen",
	[OFTEN_ABANDONED] = "abandoned",
	[OFTEN_REPEATED] = "repeated",
	[OFTEN_GAPS] = "gaps",
	[OFTEN_PRESSURE] = "pressure",
	[OFTEN_STRANGERS] = "strangers",
	[OFTEN_RETRIES] = "retries",
	[OFTEN_SEVERAL] = "several",
	[OFTEN_SEASONS] = "seasons",
};

static _Noreturn void
usage(const char *why)
{
	fprintf(stderr,
		"genlog: %s\n"
		"usage: genlog [--size N[K|M|G] | --lines N | --for DURATION] [--seed N]\n"
		"  [--start EPOCH] [--mail PER-MINUTE] [--bounces PER-MINUTE]\n"
		"  [--surge FROM:PER-MINUTE[:FOR]] [--domain NAME]... [--domains N]\n"
		"  [--host NAME]... [--instances N] [--stamp rfc3164|rfc3339|by-host]\n"
		"  [--ids short|long|mixed] [--plain] [--with WHAT[=PERCENT]]...\n"
		"  [--truth FILE] [--cells FILE] [--out FILE]\n"
		"WHAT is one of",
		why);
	for (int i = 0; i < OFTENS; i++)
		fprintf(stderr, " %s", oftens[i]);
	fputc('\n', stderr);
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

static int
small_number_of(const char *text, int most)
{
	uint64_t value = number_of(text);

	if (value > (uint64_t)most)
		usage("a number is too large");
	return (int)value;
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
take_often(const char *text)
{
	size_t length = strcspn(text, "=");

	for (int i = 0; i < OFTENS; i++)
		if (strlen(oftens[i]) == length && strncmp(oftens[i], text, length) == 0) {
			options.often[i] =
				text[length] ? small_number_of(text + length + 1, 100) : 100;
			return;
		}
	usage("--with what?");
}

static void
take_domain(const char *name)
{
	char lower[TRUTH_NAME];

	if (options.domains == MAX_DOMAINS || strlen(name) >= TRUTH_NAME)
		usage("too many domains, or one that is too long");
	span_copy_lower(span_of(name), lower, sizeof(lower));
	if (truth_domain(lower) != options.domains + 1)
		usage("a domain is named twice");
	options.domains++;
}

static void
take_domains(const char *text)
{
	char name[TRUTH_NAME];

	for (int n = small_number_of(text, MAX_DOMAINS); n > 0; n--) {
		snprintf(name, sizeof(name), "d%d.example.jp", options.domains + 1);
		take_domain(name);
	}
}

static void
take_host(const char *name)
{
	if (out_options.hosts == OUT_HOSTS || strlen(name) > 64)
		usage("too many hosts, or one that is too long");
	out_options.host[out_options.hosts++] = name;
}

static void
take_stamp(const char *text)
{
	if (strcmp(text, "rfc3164") == 0)
		out_options.stamp = OUT_RFC3164;
	else if (strcmp(text, "rfc3339") == 0)
		out_options.stamp = OUT_RFC3339;
	else if (strcmp(text, "by-host") == 0)
		out_options.stamp = OUT_BY_HOST;
	else
		usage("--stamp is rfc3164, rfc3339 or by-host");
}

static void
take_file(const char *path)
{
	out_options.fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (out_options.fd < 0) {
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
		chance_state = number_of(text);
		break;
	case 't':
		options.start = (int64_t)number_of(text);
		break;
	case 'm':
		options.mail = small_number_of(text, 1000000);
		break;
	case 'b':
		options.bounces = small_number_of(text, 1000000);
		break;
	case 'u':
		take_surge(text);
		break;
	case 'd':
		take_domain(text);
		break;
	case 'D':
		take_domains(text);
		break;
	case 'h':
		take_host(text);
		break;
	case 'n':
		options.instances = small_number_of(text, 9);
		break;
	case 'p':
		take_stamp(text);
		break;
	case 'i':
		options.long_ids = text[0] == 's' ? 0 : text[0] == 'l' ? 100 : 50;
		break;
	case 'P':
		memset(options.often, 0, sizeof(options.often));
		break;
	case 'W':
		take_often(text);
		break;
	case 'w':
		options.truth = text;
		break;
	case 'c':
		truth_cells(text);
		break;
	case 'o':
		take_file(text);
		break;
	default:
		usage("what was that?");
	}
}

void
options_read(int argc, char **argv)
{
	static const struct option names[] = {
		{ "size", 1, NULL, 's' },    { "lines", 1, NULL, 'l' },
		{ "for", 1, NULL, 'f' },     { "seed", 1, NULL, 'r' },
		{ "start", 1, NULL, 't' },   { "mail", 1, NULL, 'm' },
		{ "bounces", 1, NULL, 'b' }, { "surge", 1, NULL, 'u' },
		{ "domain", 1, NULL, 'd' },  { "domains", 1, NULL, 'D' },
		{ "host", 1, NULL, 'h' },    { "instances", 1, NULL, 'n' },
		{ "stamp", 1, NULL, 'p' },   { "ids", 1, NULL, 'i' },
		{ "plain", 0, NULL, 'P' },   { "with", 1, NULL, 'W' },
		{ "truth", 1, NULL, 'w' },   { "cells", 1, NULL, 'c' },
		{ "out", 1, NULL, 'o' },     { NULL, 0, NULL, 0 }
	};

	for (int option; (option = getopt_long(argc, argv, "", names, NULL)) != -1;)
		take_option(option, optarg);
	if (optind < argc)
		usage("no arguments without a name are taken");
	if (!options.domains)
		take_domain("example.jp");
	if (options.often[OFTEN_UTF8])
		take_domain("b\xc3\xbc"
			    "cher.example.jp");
	if (!out_options.hosts)
		out_options.hosts = 1;
	if (!options.instances)
		options.instances = 1;
	if (!options.size && !options.lines && !options.length)
		options.lines = 10000;
}
