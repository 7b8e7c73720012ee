/*
 * Hooks at work: for each hook the oldest undelivered notice is given to its program, one at a
 * time and in order; a failure is tried again later.
 */
#ifndef OUTBOX_H
#define OUTBOX_H

#include "daemon/conf/config.h"
#include "daemon/notify/hook.h"

struct engine;

struct outbox_slot {
	struct engine *engine;
	struct hook_run *run; /* NULL: idle */
	int64_t item;
	unsigned attempts;
	bool unsettled; /* it has ended, and the store could not be told: not run again until then
			 */
	bool told;	/* how it ended */
	int64_t not_before;
	char why[256];
	char hook[64]; /* slots belong to names, so that what runs goes on over a reload */
	char domain[256], kind[32];
};

struct outbox {
	struct outbox_slot slots[CONFIG_HOOKS];
	uint64_t waiting, failed;
};

/* Gives idle hooks their next notice. */
void outbox_pump(struct engine *engine, int64_t now);

/* Stops what runs; the notices stay in the store. */
void outbox_stop(struct engine *engine);

#endif
