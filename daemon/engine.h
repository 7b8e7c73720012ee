/*
 * The daemon's parts, wired together. Everything runs on one loop; nothing here decides anything.
 */
#ifndef ENGINE_H
#define ENGINE_H

#include "daemon/company.h"
#include "daemon/conf/config.h"
#include "daemon/core/snapshot.h"
#include "daemon/core/step.h"
#include "daemon/domain.h"
#include "daemon/gauges.h"
#include "daemon/input.h"
#include "daemon/ns_sets.h"
#include "daemon/outbox.h"
#include "daemon/probes.h"
#include "daemon/reading.h"
#include "daemon/record.h"
#include "daemon/store/store.h"
#include "web/web.h"

#include <uv.h>

struct engine {
	uv_loop_t *loop;
	struct config *config; /* in force; replaced whole by a reload */
	struct store *store;
	struct company *company; /* whom the site knows; NULL: nobody asks */
	struct web *web;
	struct input *inputs[CONFIG_SOURCES];
	struct domain *domains[CONFIG_DOMAINS];
	struct zone_turn turns[CONFIG_SERVERS]; /* one update at a time in a zone */
	unsigned input_count, domain_count;
	struct gauges gauges;
	struct probes probes;
	struct ns_sets ns_sets;
	struct outbox outbox;
	struct snapshot *snapshot;
	uv_timer_t tick;
	uv_timer_t kick; /* an extra pass soon: an answer came, an override was made */
	uv_idle_t turn;	 /* while a pass reads on */
	struct reading reading;
	bool closing;	  /* the last pass: nothing new is begun */
	struct step step; /* see wall.h */
	int64_t unmoved;  /* seconds by which the clock was set and the store's instants were not */
	int64_t started, last_prune, delays_at;
	uint64_t ticks, reloads;
	bool ready; /* and the service manager knows */
	struct record_held held;
	struct record_waiting waiting;
	bool full;		/* the disk is, and people were told */
	int64_t count_again_us; /* steady clock; while it is full */
	char degraded[SNAPSHOT_TEXT];
};

/* Opens sources and domains of `config` (which it takes) on the store; nothing is touched on
 * failure. */
MUST_USE bool engine_build(struct engine *engine, struct config *config, struct err *err);

/* At the start: which domains the store knows to be split or on their way, and `config` does not
 * name. Told each time, for nobody else will restore them. */
MUST_USE bool engine_find_left_out(struct engine *engine, struct err *err);

/* Starts the timers. */
void engine_start(struct engine *engine);

/* Asks for a pass soon. */
void engine_kick(struct engine *engine);

/*
 * Replaces configuration, sources and domains, whole or not at all; what domains and sources know
 * goes through the store. `changes` gets a sentence. Refused while an update is on its way, and for
 * a configuration that leaves out a domain which is split, or names another server for it.
 */
MUST_USE bool engine_reload(struct engine *engine, struct config *config, struct text *changes,
			    struct err *err);

/* The last pass, then closes everything; the loop must run until it is empty. */
void engine_stop(struct engine *engine);

struct domain *engine_domain(struct engine *engine, const char *name);

#endif
