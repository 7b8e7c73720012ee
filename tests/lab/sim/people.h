/*
 * Who writes: organisations in their own rhythms, and the hosts of strangers that send bounces.
 */
#ifndef SIM_PEOPLE_H
#define SIM_PEOPLE_H

#include "tests/lab/sim/zone.h"

#include <stddef.h>

struct organisation {
	double gap; /* mean seconds between two mails; exponential */
	struct copy *resolver, own;
};

struct host {
	struct copy copy;
	double session_from, session_used;
	bool session_split;
};

struct message {
	double at, first; /* when it is tried, and when it was first */
	uint32_t who;	  /* organisation, or host */
	bool bounce;
};

/* Messages in the order of their time; those before `first` are gone. */
struct pile {
	struct message *at;
	size_t first, last, room;
};

struct people_rules {
	unsigned organisations, shared_resolvers, hosts;
	double gap, sigma;    /* median seconds, and the deviation of the logarithm */
	double shared;	      /* share of the organisations that use a shared resolver */
	double cap, host_cap; /* seconds; of all resolvers; 0: a mixture */
	double zipf;
	double ttl; /* of the full set */
};

struct people {
	struct organisation *organisations;
	struct copy *shared;
	struct host *hosts;
	double *weight;	   /* of the hosts up to each */
	struct pile mails; /* of the organisations, all of them */
};

void people_make(struct people *people, const struct people_rules *rules, double from, double until,
		 uint64_t *seed);
uint32_t people_draw_host(const struct people *people, unsigned hosts, uint64_t *seed);
void people_free(struct people *people);

void pile_put(struct pile *pile, struct message message);

/* By their time. */
void pile_sort(struct message *messages, size_t count);

#endif
