/*
 * The body of POST /v1/counters, read strictly: one entry, or many as {"counters": [...]}.
 *
 *     {"mta": "mta1.example.jp", "name": "queue", "type": "gauge|counter32|counter64|timeticks",
 *      "value": 12, "time": "2026-11-24T16:36:26Z", "uptime": 8640000}
 *
 * `time` (when the sample was taken; left out: now) and `uptime` (hundredths of a second, as
 * sysUpTime) may be left out. A counter is a whole number; above 2^63-1 it is written as a text.
 */
#ifndef WEB_PUSH_H
#define WEB_PUSH_H

#include "daemon/base/err.h"
#include "daemon/core/board.h"

#define PUSH_MOST 64	/* entries of one request */
#define PUSH_OLDEST 300 /* seconds that a sample may be old */
#define PUSH_AHEAD 60	/* and ahead of our clock */
#define PUSH_FIELD 64

struct push_place {	/* of what is wrong */
	char entry[32]; /* "/counters/3", or "" where there is one entry */
	char field[PUSH_FIELD];
};

struct push {
	char mta[BOARD_MTA]; /* lower case, no final dot */
	char name[BOARD_NAME];
	struct counter_sample sample; /* time_us 0: now */
};

struct push_answer {
	enum counter_result result;
	bool refused; /* there was no room for it */
	double value; /* when it is COUNTER_TAKEN */
};

/*
 * At most PUSH_MOST entries at `now` (seconds). On failure `place_out` names what is wrong, or is
 * empty when the body is no JSON object; `list_out` may be half filled.
 */
MUST_USE bool push_read(struct span body, int64_t now, struct push list_out[PUSH_MOST],
			unsigned *count_out, struct push_place *place_out, struct err *err);

#endif
