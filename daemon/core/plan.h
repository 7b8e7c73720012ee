/*
 * Planning of MX sets: which set a split publishes, and what the zone shows.
 *
 * The rails of the whole program stand here: a plan never leaves a domain without an exchanger,
 * and drops the named exchangers and nothing else. Whoever builds an update takes the set from
 * plan_split or a saved normal set, from nowhere else.
 */
#ifndef CORE_PLAN_H
#define CORE_PLAN_H

#include "daemon/core/mx.h"

enum plan_shows {
	PLAN_SHOWS_NORMAL, /* the records and the TTL of the normal set */
	PLAN_SHOWS_SPLIT,  /* the records of the split set, at whatever TTL */
	PLAN_SHOWS_DRIFT,  /* anything else: somebody changed the zone; tell, do not touch */
};

/*
 * The split set of `normal`: every record whose exchange is one of `drop` is gone, all others stay
 * as they are, the TTL is `split_ttl` seconds. Names in `drop` are compared without case, with or
 * without final dot. Refused with a sentence, `split_out` untouched: nothing to drop, a name that
 * is not in the set, a name given twice, nothing left, only the null MX "." left (RFC 7505).
 */
MUST_USE bool plan_split(const struct mx_set *normal, const char *const *drop, unsigned drops,
			 uint32_t split_ttl, struct mx_set *split_out, struct err *err);

/*
 * What an authoritative server shows. The split set is known by its records alone: a server that
 * raises short TTLs to a minimum of its own would otherwise make every split look like a stranger's
 * work, and it would never be restored. The normal set is known by records and TTL, since its long
 * TTL is what the method lives on: another TTL is drift, and plan_ttl_only tells that it is no more
 * than that.
 */
enum plan_shows plan_compare(const struct mx_set *shown, const struct mx_set *normal,
			     const struct mx_set *split);

/*
 * The records are those of the split set, but with a TTL of ordinary times: nobody makes a split
 * so. Somebody took the exchangers out for good, and to put them back would undo that.
 */
bool plan_for_good(const struct mx_set *shown, const struct mx_set *normal,
		   const struct mx_set *split);

/* The records are the expected ones, the TTL is not. */
bool plan_ttl_only(const struct mx_set *shown, const struct mx_set *expected);

/*
 * Adds what differs, one clause each, nothing when nothing does: "10 mta1.example.jp. is gone, 5
 * mx.other. is new, mta2.example.jp. has preference 30 instead of 20, TTL 300 instead of 604800".
 */
void plan_drift(const struct mx_set *shown, const struct mx_set *expected, struct text *text);

#endif
