#include "daemon/core/recent.h"

void
recent_sum(const struct recent *recent, unsigned slots, double *count_out, double *seconds_out)
{
	double count = 0, seconds = 0;

	if (slots >= RECENT_SLOTS && recent->all_seconds > 0) {
		*count_out = recent->all_count;
		*seconds_out = (double)recent->all_seconds;
		return;
	}
	for (unsigned i = 1; i <= slots && i <= RECENT_SLOTS; i++) {
		unsigned at = (recent->next + RECENT_SLOTS - i) % RECENT_SLOTS;

		count += (double)recent->count[at];
		seconds += recent->seconds[at];
	}
	*count_out = count;
	*seconds_out = seconds;
}

/* Once a round the sums are made anew: rounding does not add up. */
static void
sum_up(struct recent *recent)
{
	double count, seconds;

	recent->all_seconds = 0;
	recent_sum(recent, RECENT_MINUTE, &count, &seconds);
	recent->minute_count = count;
	recent->minute_seconds = (float)seconds;
	recent_sum(recent, RECENT_SLOTS, &count, &seconds);
	recent->all_count = count;
	recent->all_seconds = (float)seconds;
}

static void
fill_block(struct recent *recent, double count, unsigned seconds)
{
	recent->filling_count += (float)count;
	recent->filling_seconds = (uint16_t)(recent->filling_seconds + seconds);
	if (recent->filling_seconds < RECENT_BLOCK)
		return;
	recent->block_count[recent->next_block] = recent->filling_count;
	recent->block_seconds[recent->next_block] = recent->filling_seconds;
	recent->next_block = (uint16_t)((recent->next_block + 1) % RECENT_BLOCKS);
	recent->filling_count = 0;
	recent->filling_seconds = 0;
}

unsigned
recent_back(const struct recent *recent, double seconds, struct recent_span out[RECENT_BACK])
{
	struct recent_span sum = { 0, 0 };
	unsigned n = 0;

	for (unsigned i = 1; i <= RECENT_BACK && sum.seconds < seconds; i++) {
		double count = (double)recent->filling_count, part = recent->filling_seconds;

		if (i <= RECENT_SLOTS) {
			unsigned at = (recent->next + RECENT_SLOTS - i) % RECENT_SLOTS;

			count = (double)recent->count[at];
			part = recent->seconds[at];
		} else if (i > RECENT_SLOTS + 1) {
			unsigned at = (recent->next_block + RECENT_BACK - i) % RECENT_BLOCKS;

			count = (double)recent->block_count[at];
			part = recent->block_seconds[at];
		}
		if (part <= 0) /* the block that is being filled may be empty */
			continue;
		sum.count += count;
		sum.seconds += part;
		out[n++] = sum;
	}
	return n;
}

void
recent_add(struct recent *recent, double seconds, double count)
{
	unsigned at = recent->next;
	unsigned leaves = (at + RECENT_SLOTS - RECENT_MINUTE) % RECENT_SLOTS;

	recent->minute_count += count - (double)recent->count[leaves];
	recent->minute_seconds += (float)(seconds - recent->seconds[leaves]);
	recent->all_count += count - (double)recent->count[at];
	recent->all_seconds += (float)(seconds - recent->seconds[at]);
	fill_block(recent, (double)recent->count[at], recent->seconds[at]);
	recent->count[at] = (float)count;
	recent->seconds[at] = (uint8_t)seconds;
	recent->next = (at + 1) % RECENT_SLOTS;
	if (recent->next == 0)
		sum_up(recent);
}
