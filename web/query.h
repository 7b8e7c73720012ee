/*
 * The query part of an address: `name=number` pairs, each at most once, nothing else.
 */
#ifndef WEB_QUERY_H
#define WEB_QUERY_H

#include "web/exchange.h"

struct query_number {
	const char *name;
	uint64_t least, most;
	uint64_t value; /* the default on entry */
	bool given;
};

/* Reads the query into the numbers, or makes the reply a 400 and returns false. */
bool query_read(struct span query, struct query_number *numbers, unsigned count,
		struct reply *reply);

#endif
