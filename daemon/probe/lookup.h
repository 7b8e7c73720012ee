/*
 * What a recursive resolver says: names as a stranger's mail server sees them. Blocks; for the
 * command line. ldns asks, with EDNS, by UDP and by TCP where it must.
 */
#ifndef PROBE_LOOKUP_H
#define PROBE_LOOKUP_H

#include "daemon/base/err.h"

#include <stdint.h>

#define LOOKUP_ROWS 16
#define LOOKUP_TEXT 512

enum lookup_type {
	LOOKUP_A,
	LOOKUP_AAAA,
	LOOKUP_CNAME,
	LOOKUP_TXT,
	LOOKUP_TLSA,
	LOOKUP_SOA,
	LOOKUP_NS
};

enum lookup_outcome {
	LOOKUP_FOUND,
	LOOKUP_EMPTY,	/* the name exists, not this type */
	LOOKUP_NO_NAME, /* NXDOMAIN */
	LOOKUP_FAILED,	/* no answer, or SERVFAIL */
};

struct lookup;

struct lookup_answer {
	unsigned count;
	char text[LOOKUP_ROWS][LOOKUP_TEXT]; /* presentation form; a TXT's strings joined */
	bool cname;			     /* the name is an alias */
	bool more;			     /* records than have room here */
};

/* `address`: "9.9.9.9" or "127.0.0.1:5353"; NULL: as this machine resolves. */
MUST_USE bool lookup_open(const char *address, struct lookup **out, struct err *err);
void lookup_free(struct lookup *lookup);

enum lookup_outcome lookup_ask(struct lookup *lookup, const char *name, enum lookup_type type,
			       struct lookup_answer *out);

#endif
