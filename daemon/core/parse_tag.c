#include "daemon/core/parse_tag.h"

#define TAG 10 /* bytes of BATV's tag */
#define TAG_DIGITS 4

static bool
begins(struct span text, struct span word)
{
	return text.len > word.len && span_equal_nocase((struct span){ text.at, word.len }, word);
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool
is_batv_tag(const char *at)
{
	for (unsigned i = 0; i < TAG; i++)
		if (!(i < TAG_DIGITS ? is_digit(at[i]) : is_hex(at[i])))
			return false;
	return true;
}

/* What follows "prvs=": "TAG=user" or "user/TAG". */
static bool
is_batv(struct span rest)
{
	if (rest.len < TAG + 2)
		return false;
	if (rest.at[TAG] == '=' && is_batv_tag(rest.at))
		return true;
	return rest.at[rest.len - TAG - 1] == '/' && is_batv_tag(rest.at + rest.len - TAG);
}

static bool
is_srs(struct span local)
{
	return local.len > 5 && (local.at[3] == '0' || local.at[3] == '1') &&
	       (local.at[4] == '=' || local.at[4] == '+' || local.at[4] == '-');
}

bool
parse_tag(struct span address)
{
	char first = address.len ? (char)(*address.at | 0x20) : ' ';
	struct span local;
	const char *at;

	if (first != 'p' && first != 's' && first != 'b') /* as most are: nothing more is asked */
		return false;
	at = memchr(address.at, '@', address.len);
	local = (struct span){ address.at, at ? (size_t)(at - address.at) : 0 };
	return (begins(local, SPAN("prvs=")) && is_batv(span_after(local, 5))) ||
	       begins(local, SPAN("btv1==")) || (begins(local, SPAN("srs")) && is_srs(local));
}
