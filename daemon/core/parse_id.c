#include "daemon/core/parse_id.h"

static bool
is_id(char c)
{
	unsigned char letter = (unsigned char)(c | 0x20);

	return (unsigned char)(c - '0') <= 9 || (unsigned char)(letter - 'a') <= 'z' - 'a';
}

size_t
parse_id_near_end(const char *at, const char *end)
{
	size_t length = 0, left = (size_t)(end - at);

	if (left >= SWAR_MORE)
		length = swar_run_alphanumeric(at);
	if (length > 0 && length < SWAR_MORE)
		return length;
	while (length < left && is_id(at[length]))
		length++;
	return length;
}

struct span
parse_id_backward(struct span text)
{
	size_t length = 0;

	if (text.len >= SWAR_MORE)
		length = swar_run_alphanumeric_backward(text.at + text.len);
	while (length < text.len && length <= PARSE_ID_MAX && is_id(text.at[text.len - 1 - length]))
		length++;
	if (length < PARSE_ID_MIN || length > PARSE_ID_MAX)
		length = 0;
	return (struct span){ text.at + text.len - length, length };
}
