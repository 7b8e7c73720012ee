/*
 * What people may order, and how far the daemon may go by itself.
 */
#ifndef CORE_ORDER_H
#define CORE_ORDER_H

#include "daemon/base/span.h"

#include <stdint.h>

enum mode {
	MODE_OBSERVE, /* says what it would do, never touches the zone */
	MODE_AUTO,    /* acts */
	MODE_MANUAL,  /* acts on overrides only */
};

enum order {
	ORDER_AUTO,   /* no order: what the mode says */
	ORDER_SPLIT,  /* split now and keep it */
	ORDER_NORMAL, /* restore now and keep it */
};

#define OVERRIDE_BY 64
#define OVERRIDE_REASON 256

/* An operator's order. order == ORDER_AUTO: there is none. */
struct override {
	enum order order;
	int64_t since;	 /* seconds */
	int64_t expires; /* seconds; from then on there is none */
	char by[OVERRIDE_BY];
	char reason[OVERRIDE_REASON];
};

/* An instant of an order when the clock was set by so many seconds; 0 stays 0. */
int64_t order_moved(int64_t instant, int64_t seconds);

const char *order_name(enum order order);
bool order_from_name(struct span name, enum order *order_out);
const char *order_mode_name(enum mode mode);
bool order_mode_from_name(struct span name, enum mode *mode_out);

#endif
