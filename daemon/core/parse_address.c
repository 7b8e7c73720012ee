#include "daemon/core/parse_address.h"

#include "daemon/core/hash.h"

static bool
plain(char c)
{
	return c != '<' && c != '>' && c != '"' && c != ' ';
}

/* The first byte that is not plain, or `end`. `<` and `>`, blank and `"` differ in one bit each. */
static const char *
skip_plain(const char *at, const char *end)
{
	while (end - at >= SWAR_MORE) {
		unsigned before = swar_find_either(at, '<' ^ '>', '>', '"');

		at += before;
		if (before < SWAR_MORE)
			return at;
	}
	while (at < end && plain(*at))
		at++;
	return at;
}

struct span
parse_address_forward(struct scan *scan)
{
	const char *from = scan->at, *at = from;

	if (at < scan->end && *at == '"') {
		for (at++; at < scan->end && *at != '"'; at++)
			if (*at == '\\')
				at++;
		at++; /* the closing quote, or beyond the end */
	}
	if (at < scan->end)
		at = skip_plain(at, scan->end);
	if (scan->failed || at >= scan->end || *at != '>') {
		scan_fail(scan);
		return (struct span){ from, 0 };
	}
	scan->at = at + 1;
	return (struct span){ from, (size_t)(at - from) };
}

/* Behind the last byte that is not plain, or `from`. */
static const char *
skip_plain_backward(const char *from, const char *at)
{
	while (at - from >= SWAR_MORE) {
		unsigned behind = swar_find_last_either(at - SWAR_MORE, '<' ^ '>', '>', '"');

		at -= behind;
		if (behind < SWAR_MORE)
			return at;
	}
	while (at > from && plain(at[-1]))
		at--;
	return at;
}

/* Where the quoted part that ends before `at` begins, or NULL. */
static const char *
quote_start(const char *from, const char *at)
{
	while (at > from) {
		const char *slash = --at;

		if (*at != '"')
			continue;
		while (slash > from && slash[-1] == '\\')
			slash--;
		if ((at - slash) % 2 == 0)
			return at;
	}
	return NULL;
}

bool
parse_address_backward(struct span *rest, struct span key, struct span *address_out)
{
	const char *from = rest->at, *end = from + rest->len, *at;

	if (rest->len < key.len + 1 || *--end != '>')
		return false;
	at = skip_plain_backward(from, end);
	if (at > from && at[-1] == '"') {
		if (at != end && *at != '@') /* after the quotes: nothing, or a domain */
			return false;
		at = quote_start(from, at - 1);
	}
	if (!at || (size_t)(at - from) < key.len || !hash_same(at - key.len, key.at, key.len))
		return false;
	*address_out = (struct span){ at, (size_t)(end - at) };
	rest->len = (size_t)(at - key.len - from);
	return true;
}

struct span
parse_address_domain(struct span address)
{
	const char *end = address.at + address.len, *at = end;

	while (at - address.at >= SWAR_MORE) {
		unsigned behind = swar_find_last_either(at - SWAR_MORE, 0, '@', '"');

		at -= behind;
		if (behind < SWAR_MORE)
			break;
	}
	while (at > address.at && at[-1] != '@' && at[-1] != '"')
		at--;
	if (at == address.at || at[-1] != '@')
		return (struct span){ end, 0 };
	return (struct span){ at, (size_t)(end - at) };
}

/* Eight bytes in lower case. False when one is a control character or a blank. */
static inline bool
lower_word(const char *at, char *out)
{
	uint64_t word = swar_load(at);

	if (swar_between(word, 0, ' ') | swar_equal(word, 0x7F))
		return false;
	swar_store(word | swar_between(word, 'A', 'Z') >> 2, out);
	return true;
}

static bool
lower(struct span domain, char *out)
{
	size_t i = 0;

	for (; domain.len - i >= SWAR_BYTES; i += SWAR_BYTES)
		if (!lower_word(domain.at + i, out + i))
			return false;
	for (; i < domain.len; i++) {
		unsigned char c = (unsigned char)domain.at[i];

		if (c <= ' ' || c == 0x7F)
			return false;
		out[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
	}
	return true;
}

struct span
parse_address_lower(struct span domain, char *out, size_t room)
{
	if (domain.len && domain.at[domain.len - 1] == '.')
		domain.len--;
	if (domain.len == 0 || domain.len >= room || !lower(domain, out))
		return SPAN("(none)");
	return (struct span){ out, domain.len };
}
