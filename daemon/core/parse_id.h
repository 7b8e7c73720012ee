/*
 * Queue ids of Postfix, short (hexadecimal) and long (base 52): 5 to 24 letters and digits.
 */
#ifndef CORE_PARSE_ID_H
#define CORE_PARSE_ID_H

#include "daemon/core/eat.h"
#include "daemon/core/swar.h"

#define PARSE_ID_MIN 5
#define PARSE_ID_MAX 24

/* How many letters and digits begin here; those beyond PARSE_ID_MAX need not be counted. */
size_t parse_id_near_end(const char *at, const char *end);

/* Eats a queue id, or gives an empty span and eats nothing. */
static inline __attribute__((always_inline)) struct span
parse_id(struct scan *scan)
{
	struct span id = { scan->at, 0 };
	size_t length;

	if (scan->end - scan->at >= 2 * SWAR_MORE)
		length = (size_t)__builtin_ctzll(
			(swar_not_alphanumeric(scan->at) & 0xFFFF) |
			(uint64_t)swar_not_alphanumeric(scan->at + SWAR_MORE) << SWAR_MORE);
	else
		length = parse_id_near_end(scan->at, scan->end);
	if (length < PARSE_ID_MIN || length > PARSE_ID_MAX)
		return id;
	id.len = length;
	scan->at += length;
	return id;
}

/* The queue id with which this text ends; empty when there is none. */
struct span parse_id_backward(struct span text);

/* Eats "QUEUEID: ". False, and nothing eaten, when something else is there. */
static inline __attribute__((always_inline)) bool
parse_id_colon(struct scan *scan, struct span *id_out)
{
	struct scan ahead = *scan;
	struct span id = parse_id(&ahead);

	if (id.len == 0 || !EAT(&ahead, ": "))
		return false;
	*id_out = id;
	*scan = ahead;
	return true;
}

#endif
