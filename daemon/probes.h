/*
 * SMTP at the exchangers, asked from time to time on worker threads: before and during a split the
 * exchangers that it keeps must answer. The loop never waits; nothing here decides anything.
 */
#ifndef PROBES_H
#define PROBES_H

#include "daemon/conf/config.h"
#include "daemon/core/decide.h"
#include "daemon/core/mx.h"
#include "daemon/core/snapshot.h"
#include "daemon/probe/smtp.h"

#include <uv.h>

struct engine;

#define PROBES_MOST SNAPSHOT_EXCHANGERS

struct probe {
	char host[CONFIG_NAME]; /* absolute */
	char address[CONFIG_ADDRESS];
	struct probes *all;
	bool wanted; /* an exchanger of a normal set */
	bool busy;
	uv_work_t work;
	struct smtp_result result; /* the worker's while it is busy */
	enum decide_probe verdict;
	unsigned failures; /* in a row */
	bool told;
	int64_t asked;	 /* seconds, wall clock: of the last answer or failure; 0: none yet */
	int64_t next_us; /* monotonic */
	int64_t asked_us;
	char sentence[SNAPSHOT_TEXT];
	bool starttls;
};

struct probes {
	struct probe *list[PROBES_MOST];
	unsigned count, busy;
	int64_t every;
	atomic_bool give_up;
};

/* Starts what is due, forgets what no domain has any more, tells once what fails. */
void probes_step(struct engine *engine);

/* The exchangers of `set` that a split drops, or keeps: one answers, or all fail. */
enum decide_probe probes_verdict(const struct engine *engine, const struct mx_set *set,
				 const struct config_domain *config, bool dropped);

/* Those under way end soon. */
void probes_stop(struct probes *probes);

void probes_show(const struct probes *probes, struct snapshot *out);

#endif
