#include "daemon/core/parse_id.h"

size_t
parse_id_near_end(const char *at, const char *end)
{
	size_t length = 0, left = (size_t)(end - at);

	if (left >= SWAR_MORE)
		length = swar_run_alphanumeric(at);
	if (length > 0 && length < SWAR_MORE)
		return length;
	while (length < left) {
		unsigned char letter = (unsigned char)(at[length] | 0x20);

		if ((unsigned char)(at[length] - '0') > 9 &&
		    (unsigned char)(letter - 'a') > 'z' - 'a')
			break;
		length++;
	}
	return length;
}
