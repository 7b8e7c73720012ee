/*
 * Whose mail a queue id is: the domains of senders, as hashes, of the messages that were queued
 * lately. It forgets by being written over: what it does not know any more counts for nobody.
 */
#ifndef CORE_SENDERS_H
#define CORE_SENDERS_H

#include "daemon/base/span.h"

#include <stdint.h>

struct senders;

/* NULL when out of memory. */
struct senders *senders_new(void);
void senders_free(struct senders *senders);

/* By the domain of an address, in any case of letters; 0: it has none. */
uint64_t senders_key(struct span address);

void senders_put(struct senders *senders, uint32_t host, struct span id, struct span address);

/* 0: not known. */
uint64_t senders_find(const struct senders *senders, uint32_t host, struct span id);

#endif
