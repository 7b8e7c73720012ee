/*
 * The evidence of one domain over time: of the tick that runs, of the last ten minutes, and which
 * parts of it the logs tell at all. A part counts as told for two weeks after something was said of
 * it: only then does "none" mean none. Plain memory without padding; may be stored as bytes.
 */
#ifndef CORE_CLUES_H
#define CORE_CLUES_H

#include "daemon/base/err.h"
#include "daemon/base/span.h"
#include "daemon/core/evidence.h"

#include <stdint.h>

#define CLUES_VERSION 1
#define CLUES_MINUTES 10
#define CLUES_TOLD_FOR (INT64_C(14) * 86400)

/* The numbers of struct evidence. */
enum clues_number {
	CLUES_UNKNOWN_USERS,
	CLUES_TAGGED,
	CLUES_PROBES,
	CLUES_WITH_CLIENT,
	CLUES_NEW_CLIENTS,
	CLUES_ASKED,
	CLUES_SENT,
	CLUES_NUMBERS
};

struct clues {
	uint32_t version, spare;
	int64_t told[EVIDENCE_PARTS]; /* seconds; when last, 0: never */
	int64_t minute;		      /* the newest of `minutes` */
	double tick[CLUES_NUMBERS];
	double minutes[CLUES_MINUTES][CLUES_NUMBERS];
};

void clues_init(struct clues *clues);

/* What a source said (witness_said), at `now`. */
void clues_take(struct clues *clues, const struct evidence *said, int64_t now);

/* What was taken since the last call. `ripe`: clients that were never seen, or not
 * asked, mean something. */
struct evidence clues_tick(struct clues *clues, int64_t now, bool ripe);

/* Of the last ten minutes. */
struct evidence clues_recent(const struct clues *clues, int64_t now);

void clues_clock_set(struct clues *clues, int64_t seconds);

/* False (and untouched) when the bytes are of another version or size, or hold no such numbers. */
MUST_USE bool clues_load(struct clues *clues, struct span bytes);

/* "unknown_users", as the API and the journal write it. */
const char *clues_name(enum clues_number number);
double clues_value(const struct evidence *evidence, enum clues_number number);
enum evidence_part clues_part(enum clues_number number);

#endif
