/*
 * learn DATABASE DOMAIN LEAST_EXCESS < COUNTS: a new database in which the domain's detector has
 * learned what the counts say (a file as `scenario --evidence 1` writes it), moved in time so that
 * it ends now; and whose knowledge of clients is as old. For the lab, where nobody can wait for
 * weeks: the core's own steps, in virtual time.
 */
#include "daemon/core/contacts.h"
#include "daemon/core/detect.h"
#include "daemon/store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct detect detect;

static int64_t first, last;
static unsigned surges;

/* Calls `row` with the time and what came, for each line of counts. */
static void
each_line(FILE *file, void (*row)(struct detect_in *in))
{
	char line[256];

	rewind(file);
	while (fgets(line, sizeof(line), file)) {
		struct detect_in in = { .period = 10 };

		if (sscanf(line, "%" SCNd64 ",%lf,%*f,%lf", &in.time, &in.count,
			   &in.evidence.new_clients) != 3)
			continue;
		in.evidence.known = 1U << EVIDENCE_CLIENTS;
		in.evidence.with_client = in.count;
		row(&in);
	}
}

static void
see_times(struct detect_in *in)
{
	if (!first)
		first = in->time;
	last = in->time;
}

static void
step(struct detect_in *in)
{
	struct finding finding;
	bool surge = detect.surge;

	in->time += (int64_t)time(NULL) - last;
	detect_step(&detect, in, &finding);
	surges += finding.surge && !surge;
}

static bool
keep(const char *path, const char *domain, struct err *err)
{
	static const uint64_t secret[2] = { 0x6c6561726e, 0x6c6162 };
	static struct contacts contacts;
	struct span learned = { (const char *)&detect, sizeof(detect) };
	struct span head = { (const char *)&contacts.head, sizeof(contacts.head) };
	struct store *store;
	bool kept;

	contacts_init(&contacts, secret, (int64_t)time(NULL) - (last - first));
	if (!store_open(path, STORE_WRITE, &store, NULL, err))
		return false;
	kept = store_state_put(store, domain, "detect", learned, err) &&
	       store_state_put(store, "", "contacts", head, err);
	store_close(store);
	return kept;
}

int
main(int argc, char **argv)
{
	struct detect_rules rules = detect_default_rules;
	struct err err = { 0 };

	if (argc != 4) {
		fputs("usage: learn DATABASE DOMAIN LEAST_EXCESS < COUNTS (a file)\n", stderr);
		return 64;
	}
	rules.least_excess = strtod(argv[3], NULL);
	detect_init(&detect, &rules);
	each_line(stdin, see_times);
	each_line(stdin, step);
	if (!last) {
		fputs("learn: no counts\n", stderr);
		return 65;
	}
	if (!keep(argv[1], argv[2], &err)) {
		fprintf(stderr, "learn: %s\n", err.text);
		return 1;
	}
	printf("%.1f days, %.0f bounces, %u surges\n", detect.seen / 86400, detect.arrived, surges);
	return 0;
}
