/* CSV of tests/tools/scenario in ticks of 10 s -> the detector's transitions, as backtest prints
 * them. Built by sensitivity.py from changed copies of daemon/core. */
#include "daemon/core/detect.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void
take_evidence(struct detect_in *in, const char *columns)
{
	struct evidence *e = &in->evidence;

	if (sscanf(columns, ",%lf,%lf,%lf,%lf,%lf,%lf", &e->unknown_users, &e->new_clients,
		   &e->asked, &e->tagged, &e->probes, &e->sent) < 6)
		return;
	e->with_client = in->count;
	e->known = (1U << EVIDENCE_PARTS) - 1;
}

int
main(void)
{
	static struct detect detect;
	struct finding finding;
	char line[512];

	detect_init(&detect, &detect_default_rules);
	while (fgets(line, sizeof(line), stdin)) {
		struct detect_in in = { .period = 10 };
		char *end;

		in.time = strtoll(line, &end, 10);
		if (*end != ',')
			continue;
		in.count = strtod(end + 1, &end);
		take_evidence(&in, end);
		detect_step(&detect, &in, &finding);
		if (finding.changed)
			printf("%" PRId64 " %d\n", in.time, finding.surge);
	}
	return ferror(stdin) || fflush(stdout) != 0;
}
