/*
 * What a tick costs: DOMAINS detectors (10,000) step together, calm and in a surge.
 */
#include "daemon/core/detect.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define TICKS 100

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
measure(struct detect *detect, size_t domains, int64_t *time, double count, const char *name)
{
	struct finding finding;
	double began = seconds(), took;

	for (int tick = 0; tick < TICKS; tick++, ++*time)
		for (size_t i = 0; i < domains; i++) {
			struct detect_in in = { .time = *time, .period = 1, .count = count };

			in.count += (double)((i + (size_t)tick) % 20 == 0);
			in.evidence.known = (1U << EVIDENCE_PARTS) - 1;
			in.evidence.with_client = in.evidence.unknown_users = in.count;
			detect_step(&detect[i], &in, &finding);
		}
	took = seconds() - began;
	printf("%s: %.0f ns a domain and tick, %.1f ms a tick of %zu domains\n", name,
	       took / TICKS / (double)domains * 1e9, took / TICKS * 1e3, domains);
}

int
main(int argc, char **argv)
{
	size_t domains = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 10000;
	struct detect *detect = calloc(domains, sizeof(*detect));
	int64_t time = 1767571200;

	if (!detect)
		return 1;
	for (size_t i = 0; i < domains; i++)
		detect_init(&detect[i], &detect_default_rules);
	measure(detect, domains, &time, 0, "calm");
	measure(detect, domains, &time, 10, "surge");
	printf("state: %zu bytes, %zu of them beside the season\n", sizeof(*detect),
	       sizeof(*detect) - sizeof(detect->season));
	free(detect);
	return 0;
}
