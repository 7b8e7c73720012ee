/*
 * How often regular correspondents write: a bounded sample of the networks that mail came from
 * (IPv4 /24, IPv6 by its first three groups), each with the mean and mean square of the gaps
 * between its mails. Which ones are in the sample is chosen by a keyed hash alone, not by how often
 * they write: the sample is fair to correspondents, and strangers cannot aim at it.
 *
 * Regular: at least three mails over at least a day. Who was seen less often is forgotten after 8
 * days, a regular after 35 days of silence. Plain memory without pointers: may be stored as bytes.
 */
#ifndef CORE_RHYTHM_H
#define CORE_RHYTHM_H

#include "daemon/base/err.h"
#include "daemon/base/span.h"

#include <stdint.h>

#define RHYTHM_VERSION 1
#define RHYTHM_SETS 128
#define RHYTHM_WAYS 8
#define RHYTHM_MAILS 3	  /* that make a regular, */
#define RHYTHM_SPAN 86400 /* over so many seconds */

struct rhythm_one {
	uint32_t tag;	      /* of its hash; 0: free */
	uint32_t first, last; /* seconds since 1970 */
	uint32_t mails;
	float gap;    /* seconds; mean of the gaps, over the last 64 or so */
	float square; /* mean of their squares */
};

struct rhythm {
	uint32_t version, unused;
	uint64_t key;
	struct rhythm_one one[RHYTHM_SETS][RHYTHM_WAYS];
};

/* `key` should be random: it decides who is in the sample. */
void rhythm_init(struct rhythm *rhythm, uint64_t key);

/* A mail of a client ("192.0.2.7", "2001:db8::1") at a time of the log. A time that is not later
 * than the last one says nothing. */
void rhythm_mail(struct rhythm *rhythm, struct span client, int64_t time);

/* Calls for each regular that was heard of in the 35 days before `now`. */
typedef void rhythm_regular(void *ctx, double gap, double square);
void rhythm_each(const struct rhythm *rhythm, int64_t now, rhythm_regular *each, void *ctx);

/* Takes stored bytes; false (and nothing is touched) when they are not of this version. */
MUST_USE bool rhythm_load(struct rhythm *rhythm, const void *bytes, size_t length);

#endif
