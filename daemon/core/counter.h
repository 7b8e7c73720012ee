/*
 * One series of samples with SNMP's semantics (RFC 2578, section 7.1): a gauge is a level, a
 * counter says something only by its difference to the sample before. A sample gives a value or, in
 * a word, why it does not; no sequence of samples gives a value above the plausible maximum.
 *
 * A Counter32 may wrap once between two samples, and only where that is plausible; a Counter64
 * never wraps in anybody's lifetime. A restart of the agent is seen by its sysUpTime, which itself
 * wraps after 497 days, or by its engine boots (RFC 3414): after it counting begins anew.
 */
#ifndef CORE_COUNTER_H
#define CORE_COUNTER_H

#include "daemon/base/span.h"

#include <stdint.h>

enum counter_kind {
	COUNTER_GAUGE,
	COUNTER_32,
	COUNTER_64,
	COUNTER_TIMETICKS, /* hundredths of a second */
	COUNTER_KINDS
};

enum counter_result {
	COUNTER_TAKEN,
	COUNTER_FIRST, /* of a counter: a rate needs two */
	COUNTER_SOON,  /* too soon after the last: a rate would be noise */
	COUNTER_OLD,   /* not newer than the last */
	COUNTER_CLOCK, /* the clock of the samples was set back */
	COUNTER_RESET, /* the agent was restarted */
	COUNTER_BACK,  /* it went back, and a wrap is not plausible */
	COUNTER_HIGH,  /* above the plausible maximum */
	COUNTER_TYPE,  /* another kind than before */
	COUNTER_BAD,   /* not a value of its kind */
	COUNTER_RESULTS
};

struct counter_sample {
	enum counter_kind kind;
	double level;	 /* of a gauge */
	uint64_t count;	 /* of the others */
	int64_t time_us; /* one clock for all samples of a series */
	bool uptime_known, boots_known;
	uint32_t uptime; /* hundredths of a second */
	uint32_t boots;
};

struct counter {
	bool begun;
	struct counter_sample last;
};

/*
 * Takes a sample in. TAKEN: `value_out` is the level of a gauge, a rate a second of a counter,
 * seconds of TimeTicks; between -most and most (TimeTicks are bounded by their 32 bits).
 */
enum counter_result counter_add(struct counter *counter, const struct counter_sample *sample,
				double most, double *value_out);

/* "counter32"; and back. */
const char *counter_kind_name(enum counter_kind kind);
bool counter_kind_from_name(struct span name, enum counter_kind *kind_out);

/* Why a sample gave no value, as the end of a sentence; "" when it did. */
const char *counter_why(enum counter_result result);

#endif
