/*
 * Do the other name servers show what the primary shows? One that lags after a change is waited
 * for; when it disagrees or is silent for as long as the proof of a change may take, a person is
 * told, once, and again when all agree. It is asked again with every reading of the zone.
 */
#ifndef LAGGARDS_H
#define LAGGARDS_H

#include <stdbool.h>
#include <stdint.h>

/* Plain memory, all zero at first. */
struct laggards {
	int64_t since; /* seconds; when they were first seen to disagree; 0: they agree */
	bool told;
};

struct domain;

/* Looks at the last reading and journals what is to be told. */
void laggards_look(struct domain *domain, int64_t now);

#endif
