/*
 * An MX RRset as a value (RFC 1035, section 3.3.9; RFC 5321, section 5.1): records and their common
 * TTL. Names are absolute, lower case, in presentation form with the final dot
 * ("mta1.example.jp.").
 */
#ifndef CORE_MX_H
#define CORE_MX_H

#include "daemon/base/err.h"
#include "daemon/base/text.h"

#include <stdint.h>

#define MX_RECORDS 16
#define MX_NAME                                                                                    \
	256 /* 255 octets of presentation form, terminated; longer (escaped) names are refused */

struct mx_record {
	uint16_t preference;
	char exchange[MX_NAME];
};

/* An empty set (count 0) means that the zone has no MX there. */
struct mx_set {
	uint32_t ttl; /* seconds */
	unsigned count;
	struct mx_record records[MX_RECORDS]; /* sorted: preference, then name (mx_sort) */
};

void mx_sort(struct mx_set *set);

/* Adds a record; the name gets its final dot and lower case. False when full or the name is too
 * long. */
MUST_USE bool mx_add(struct mx_set *set, uint16_t preference, struct span exchange);

/* The same records, whatever the TTL. Both sorted. */
bool mx_same_records(const struct mx_set *a, const struct mx_set *b);

/* The same records and TTL. */
bool mx_equal(const struct mx_set *a, const struct mx_set *b);

/* "300 10 mta1.example.jp. 20 mta2.example.jp." : TTL, then preference and name of each record. */
void mx_print(const struct mx_set *set, struct text *text);

/* The same for people: "10 mta1.example.jp., 20 mta2.example.jp. (TTL 300)", or "no MX". */
void mx_say(const struct mx_set *set, struct text *text);

/* Reads what mx_print wrote. */
MUST_USE bool mx_parse(struct span text, struct mx_set *set_out, struct err *err);

#endif
