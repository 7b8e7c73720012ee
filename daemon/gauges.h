/*
 * Counters at work: agents, queue and load are read on worker threads, in their time, and what they
 * said goes to the board, as pushed samples do. Nothing here decides anything, and the loop never
 * waits. One SNMP conversation at a time: net-snmp's tables for v3 are not locked.
 */
#ifndef GAUGES_H
#define GAUGES_H

#include "daemon/conf/config.h"
#include "daemon/core/snapshot.h"
#include "daemon/counters/poll.h"
#include "daemon/counters/poll_snmp.h"
#include "daemon/store/store.h"
#include "web/push.h"

#include <uv.h>

struct engine;
struct gauges;

struct gauge {
	struct config_counter config; /* a copy: a reading may outlive a reload */
	struct gauges *all;
	char mta[SNAPSHOT_NAME]; /* as people write it */
	struct poll_snmp *snmp;
	int64_t next_us; /* monotonic */

	bool busy, closed; /* the worker has it; nobody else wants it any more */
	uv_work_t work;
	struct poll_result result; /* the worker's while it is busy */
	struct err err;
	bool ok;
	int64_t read_us; /* monotonic */

	char error[SNAPSHOT_TEXT], note[SNAPSHOT_NAME];
	bool told; /* that it fails */
	int64_t last;
	uint64_t readings, failures;
};

struct gauges {
	struct board board; /* what rules may ask: board_value */
	bool asking;	    /* an SNMP conversation is under way */
	uint64_t told_refused;
	unsigned count;
	struct gauge *list[CONFIG_COUNTERS];
};

/* Reads its secret; nothing is sent. */
MUST_USE struct gauge *gauges_open(struct gauges *gauges, const struct config_counter *config,
				   struct err *err);

/* The memory goes when a reading that is under way has ended. */
void gauges_close(struct gauge *gauge);

/* These are the ones now; series of others are forgotten. */
void gauges_put(struct gauges *gauges, struct gauge *const *list, unsigned count);

/* Starts what is due, and tells once what fails and what is well again. */
void gauges_step(struct engine *engine);

/* Minutes with news, into the open transaction; it was committed. */
MUST_USE bool gauges_save(struct gauges *gauges, struct store *store, struct err *err);
void gauges_saved(struct gauges *gauges);

/* Samples that were pushed: all of them, or none when an exchanger takes no pushes. */
MUST_USE bool gauges_push(struct gauges *gauges, const struct push *list, unsigned count,
			  struct push_answer *out, struct err *err);

void gauges_show(const struct gauges *gauges, struct snapshot *out);

#endif
