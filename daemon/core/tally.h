/*
 * Counts between two commits, one tally a source: by minute, domain and kind, and how many of the
 * bounces are fresh (evidence for the detector) a domain. Bounded: at most `max_domains` names,
 * because strangers choose them; the others count as "other".
 */
#ifndef CORE_TALLY_H
#define CORE_TALLY_H

#include "daemon/core/event.h"

#define TALLY_MAX_DOMAINS 4096

struct tally;

/* max_domains 0: TALLY_MAX_DOMAINS. NULL when out of memory. */
struct tally *tally_new(unsigned max_domains);
void tally_free(struct tally *tally);

/*
 * Adds an event at its minute; a moved one is taken from `moved_from` and added to `domain` at
 * `moved_time_us`. Loading kinds of `oldest_fresh_us` or younger are fresh as well.
 * An event without a domain counts for "(none)".
 */
void tally_add(struct tally *tally, const struct event *event, int64_t oldest_fresh_us);

/* minute: seconds since the epoch / 60. */
typedef void tally_cell(void *ctx, int64_t minute, struct span domain, enum event_kind kind,
			int64_t delta);

/* Every cell that is not zero. */
void tally_each(const struct tally *tally, tally_cell *cell, void *ctx);

/* Fresh bounces of a domain since the last clear or taking in; negative when some were moved away.
 */
int64_t tally_fresh(const struct tally *tally, struct span domain);

/* All minutes since then. */
int64_t tally_count(const struct tally *tally, struct span domain, enum event_kind kind);

/* What tally_fresh and tally_count tell was taken in: they begin anew. The cells stay until
 * tally_clear. */
void tally_taken(struct tally *tally);

void tally_clear(struct tally *tally);

/* How many counts there are: one for each minute, domain and kind. */
size_t tally_cells(const struct tally *tally);

/* Events that could not be counted because there was no memory; never cleared. */
uint64_t tally_lost(const struct tally *tally);

#endif
