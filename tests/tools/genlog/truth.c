#include "tests/tools/genlog/truth.h"

#include "daemon/core/hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define MINUTE_US INT64_C(60000000)
#define PLACES (TRUTH_DOMAINS * 2)

static struct {
	char name[TRUTH_DOMAINS][TRUTH_NAME];
	int place[PLACES]; /* by hash; 0 = free */
	int count;
	int64_t sums[TRUTH_DOMAINS][EVENT_KINDS];
	int64_t minute, now[TRUTH_DOMAINS][EVENT_KINDS];
	FILE *cells;
} truth = { .name = { "(none)" }, .count = 1 };

int
truth_domain(const char *name)
{
	size_t at = hash_span(span_of(name), 7) % PLACES;

	if (name[0] == '\0')
		return 0;
	while (truth.place[at] && strcmp(truth.name[truth.place[at]], name) != 0)
		at = (at + 1) % PLACES;
	if (truth.place[at])
		return truth.place[at];
	if (truth.count == TRUTH_DOMAINS) {
		fprintf(stderr, "genlog: more than %d domains\n", TRUTH_DOMAINS);
		exit(64);
	}
	span_copy(span_of(name), truth.name[truth.count], TRUTH_NAME);
	return truth.place[at] = truth.count++;
}

const char *
truth_name(int domain)
{
	return truth.name[domain];
}

static FILE *
open_to_write(const char *path)
{
	FILE *file = fopen(path, "w");

	if (!file) {
		perror(path);
		exit(73);
	}
	return file;
}

static void
close_written(FILE *file)
{
	if (fclose(file) == 0)
		return;
	perror("genlog: the truth");
	exit(74);
}

void
truth_cells(const char *path)
{
	truth.cells = open_to_write(path);
}

static void
end_minute(void)
{
	for (int domain = 0; domain < truth.count; domain++)
		for (int kind = 0; kind < EVENT_KINDS; kind++) {
			int64_t *count = &truth.now[domain][kind];

			if (*count && truth.cells)
				fprintf(truth.cells, "%" PRId64 "\t%s\t%s\t%" PRId64 "\n",
					truth.minute, truth.name[domain],
					event_name((enum event_kind)kind), *count);
			truth.sums[domain][kind] += *count;
			*count = 0;
		}
}

void
truth_happened(int64_t time_us, int domain, enum event_kind kind, int times)
{
	if (time_us / MINUTE_US != truth.minute) {
		end_minute();
		truth.minute = time_us / MINUTE_US;
	}
	truth.now[domain][kind] += times;
}

static void
print_kinds(FILE *file, const int64_t kinds[EVENT_KINDS])
{
	const char *comma = "";

	fputc('{', file);
	for (int kind = 0; kind < EVENT_KINDS; kind++)
		if (kinds[kind]) {
			fprintf(file, "%s\"%s\":%" PRId64, comma, event_name((enum event_kind)kind),
				kinds[kind]);
			comma = ",";
		}
	fputc('}', file);
}

void
truth_end(const char *path, uint64_t lines)
{
	int64_t sums[EVENT_KINDS] = { 0 };
	const char *comma = "";
	FILE *file;

	end_minute();
	if (truth.cells)
		close_written(truth.cells);
	if (!path)
		return;
	file = open_to_write(path);
	for (int i = 0; i < truth.count; i++)
		for (int kind = 0; kind < EVENT_KINDS; kind++)
			sums[kind] += truth.sums[i][kind];
	fprintf(file, "{\"lines\":%" PRIu64 ",\"kinds\":", lines);
	print_kinds(file, sums);
	fputs(",\"domains\":{", file);
	for (int i = 1; i < truth.count; i++) {
		fprintf(file, "%s\"%s\":", comma, truth.name[i]);
		print_kinds(file, truth.sums[i]);
		comma = ",";
	}
	fputs("}}\n", file);
	close_written(file);
}
