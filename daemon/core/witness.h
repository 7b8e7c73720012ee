/*
 * What one source says of the bounces of our domains between two commits, beside their number: the
 * evidence of the detector (evidence.h), and what it teaches about whom we know (contacts.h).
 *
 * Only fresh events are evidence, as in tally_fresh. History teaches: mail that was taken shows who
 * is known, deliveries show whom we wrote to. Bounces of history teach nothing: nobody judged then
 * whether there was a surge.
 */
#ifndef CORE_WITNESS_H
#define CORE_WITNESS_H

#include "daemon/core/contacts.h"
#include "daemon/core/event.h"
#include "daemon/core/evidence.h"

struct witness;

/* Of at most `most` domains. `contacts` is borrowed. NULL when out of memory. */
struct witness *witness_new(unsigned most, struct contacts *contacts);
void witness_free(struct witness *witness);

/*
 * One of our domains, in any case of letters. False: no room, or too long. `by_default`: what is
 * said without a domain counts for it; Postfix does not log whom a callout asked for.
 */
MUST_USE bool witness_watch(struct witness *witness, struct span domain, bool by_default);

void witness_take(struct witness *witness, const struct event *event, int64_t oldest_fresh_us);

/*
 * Since the last clear; NULL: not one of ours. Numbers are negative where more bounces were moved
 * away than came. The bits of `known` are those of the parts that something was told of.
 */
const struct evidence *witness_said(const struct witness *witness, struct span domain);
void witness_clear(struct witness *witness);

#endif
