#include "daemon/conf/config_near.h"

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static unsigned
slips(struct span a, struct span b)
{
	unsigned table[CONFIG_NEAR_WORD + 1][CONFIG_NEAR_WORD + 1];

	for (size_t i = 0; i <= a.len; i++)
		table[i][0] = (unsigned)i;
	for (size_t j = 0; j <= b.len; j++)
		table[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a.len; i++)
		for (size_t j = 1; j <= b.len; j++) {
			bool same = a.at[i - 1] == b.at[j - 1];
			unsigned here = least(table[i - 1][j], table[i][j - 1]) + 1;

			here = least(here, table[i - 1][j - 1] + !same);
			if (i > 1 && j > 1 && a.at[i - 1] == b.at[j - 2] &&
			    a.at[i - 2] == b.at[j - 1])
				here = least(here, table[i - 2][j - 2] + 1);
			table[i][j] = here;
		}
	return table[a.len][b.len];
}

struct config_near
config_near_to(struct span word)
{
	return (struct config_near){ .word = word,
				     .slips = 1 + (unsigned)(least((unsigned)word.len, 8) / 4) };
}

void
config_near_try(struct config_near *near, const char *candidate)
{
	struct span other = span_of(candidate);
	unsigned found;

	if (near->word.len > CONFIG_NEAR_WORD || other.len > CONFIG_NEAR_WORD)
		return;
	found = slips(near->word, other);
	if (found >= other.len || found > near->slips || (near->best && found == near->slips))
		return;
	near->best = candidate;
	near->slips = found;
}

void
config_near_add(const struct config_near *near, struct text *text)
{
	if (near->best)
		text_add(text, " (did you mean \"%s\"?)", near->best);
}
