/*
 * Addresses as Postfix writes them between angle brackets (RFC 5321 external form):
 *
 *   address = empty | run without `<`, `>`, `"` and blank
 *           | `"` (any byte but `"` and `\`, or `\` and any byte)* `"` [`@` domain]
 *
 * An unescaped `"` cannot stand inside the quotes, so that the reading is unique from both ends.
 * What does not fit (Postfix before 3.5 wrote an internal form) is refused, never guessed.
 */
#ifndef CORE_PARSE_ADDRESS_H
#define CORE_PARSE_ADDRESS_H

#include "daemon/base/err.h"
#include "daemon/base/scan.h"
#include "daemon/core/swar.h"

/* Eats "address>" forwards (the '<' is already eaten) and gives the address, or fails. */
struct span parse_address_forward(struct scan *scan);

/* The same, without a call for most. */
static inline struct span
parse_address_next(struct scan *scan)
{
	const char *at = scan->at;
	unsigned length;

	if (scan->failed || scan->end - at < 2 * SWAR_MORE)
		return parse_address_forward(scan);
	length = (unsigned)__builtin_ctzll(
		swar_either(at, '<' ^ '>', '>', '"') |
		(uint64_t)swar_either(at + SWAR_MORE, '<' ^ '>', '>', '"') << SWAR_MORE |
		UINT64_C(1) << 2 * SWAR_MORE);
	if (length == 2 * SWAR_MORE || at[length] != '>')
		return parse_address_forward(scan);
	scan->at = at + length + 1;
	return (struct span){ at, length };
}

/*
 * Eats "<key><address>" from the END of `rest`, where key is like " to=<" and the final '>' is
 * included. False, and nothing eaten, when the end of `rest` is not exactly that.
 */
MUST_USE bool parse_address_backward(struct span *rest, struct span key, struct span *address_out);

/* The domain of an address, borrowed, in its own case; empty for a bare local part. */
struct span parse_address_domain(struct span address);

/* That in lower case, in `out`; "(none)" when it is empty and for control characters. */
struct span parse_address_lower(struct span domain, char *out, size_t room);

/* The domain of an address in lower case. */
static inline struct span
parse_address_lower_domain(struct span address, char *out, size_t room)
{
	return parse_address_lower(parse_address_domain(address), out, room);
}

#endif
