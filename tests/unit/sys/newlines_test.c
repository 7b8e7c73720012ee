#include "daemon/sys/newlines.h"

#include <criterion/criterion.h>
#include <string.h>

/* Every place, in blocks of every length around the steps, with newlines as near as they can be. */
Test(newlines, finds_each_and_nothing_else)
{
	static const size_t every[] = { 1, 2, 3, 31, 63, 64, 65, 120, 1000, NEWLINES_BLOCK };
	static char block[NEWLINES_BLOCK];
	static uint16_t places[NEWLINES_BLOCK];

	for (size_t i = 0; i < sizeof(every) / sizeof(every[0]); i++)
		for (size_t length = 0; length <= NEWLINES_BLOCK;
		     length += length < 200 ? 1 : 333) {
			size_t wanted = 0, count;

			memset(block, '\n' ^ 0x80, sizeof(block)); /* differs in one bit */
			for (size_t at = every[i] - 1; at < NEWLINES_BLOCK; at += every[i])
				block[at] = '\n';
			count = newlines_find(block, length, places);
			for (size_t at = 0; at < length; at++)
				if (block[at] == '\n') {
					cr_assert(wanted < count && places[wanted] == at,
						  "every %zu of %zu: %zu is not found", every[i],
						  length, at);
					wanted++;
				}
			cr_assert_eq(count, wanted, "every %zu of %zu: %zu", every[i], length,
				     count);
		}
}
