#include "daemon/core/known.h"

#define LATEST INT64_C(1000000000000) /* seconds; no clock says more */
#define EARLIEST 7		      /* a full filter serves for a seventh of `lasts` at least */

_Static_assert(sizeof(struct known_filter) == 16 + KNOWN_BITS / 8, "no padding");

static uint32_t
bits_of(uint64_t word)
{
	return (uint32_t)__builtin_popcountll(word);
}

/* Both halves of a key make its bits (Kirsch and Mitzenmacher 2006). */
static uint32_t
place(uint64_t key, uint32_t i)
{
	return ((uint32_t)key + i * ((uint32_t)(key >> 32) | 1)) % KNOWN_BITS;
}

void
known_filter_clear(struct known_filter *filter, int64_t now)
{
	memset(filter, 0, sizeof(*filter));
	filter->version = KNOWN_VERSION;
	filter->since = now;
}

bool
known_filter_has(const struct known_filter *filter, uint64_t key)
{
	for (uint32_t i = 0; i < KNOWN_HASHES; i++) {
		uint32_t at = place(key, i);

		if (!(filter->words[at / 64] >> at % 64 & 1))
			return false;
	}
	return true;
}

bool
known_filter_full(const struct known_filter *filter)
{
	return filter->set + KNOWN_HASHES > KNOWN_FULL;
}

bool
known_filter_add(struct known_filter *filter, uint64_t key)
{
	if (known_filter_full(filter) || known_filter_has(filter, key))
		return false;
	for (uint32_t i = 0; i < KNOWN_HASHES; i++) {
		uint32_t at = place(key, i);

		filter->set += !(filter->words[at / 64] >> at % 64 & 1);
		filter->words[at / 64] |= UINT64_C(1) << at % 64;
	}
	return true;
}

bool
known_filter_load(struct known_filter *filter, struct span bytes)
{
	const struct known_filter *like = NULL;
	uint32_t version, set = 0, said;
	int64_t since;

	if (bytes.len != sizeof(*like))
		return false;
	memcpy(&version, bytes.at, sizeof(version));
	memcpy(&said, bytes.at + sizeof(version), sizeof(said));
	memcpy(&since, bytes.at + 8, sizeof(since));
	for (size_t at = 16; at < bytes.len; at += 8) {
		uint64_t word;

		memcpy(&word, bytes.at + at, sizeof(word));
		set += bits_of(word);
	}
	if (version != KNOWN_VERSION || set != said || set > KNOWN_FULL || since < 0 ||
	    since > LATEST)
		return false;
	memcpy(filter, bytes.at, sizeof(*filter));
	return true;
}

static void
begin(struct known *known, unsigned number, int64_t now)
{
	known->newest = number;
	known_filter_clear(&known->filter[number], now);
	known->changed[number] = true;
}

void
known_init(struct known *known, int64_t lasts, int64_t now)
{
	memset(known, 0, sizeof(*known));
	known->lasts = lasts;
	for (unsigned i = 0; i < KNOWN_FILTERS; i++)
		known_filter_clear(&known->filter[i], 0);
	begin(known, 0, now);
}

void
known_resume(struct known *known, int64_t now)
{
	known->newest = 0;
	for (unsigned i = 1; i < KNOWN_FILTERS; i++)
		if (known->filter[i].since > known->filter[known->newest].since)
			known->newest = i;
	known_turn(known, now);
}

bool
known_has(const struct known *known, uint64_t key)
{
	for (unsigned i = 0; i < KNOWN_FILTERS; i++)
		if (known_filter_has(&known->filter[i], key))
			return true;
	return false;
}

void
known_add(struct known *known, uint64_t key)
{
	if (known_filter_add(&known->filter[known->newest], key))
		known->changed[known->newest] = true;
}

static uint32_t
set_of_both(const struct known_filter *a, const struct known_filter *b)
{
	uint32_t set = 0;

	for (size_t i = 0; i < KNOWN_BITS / 64; i++)
		set += bits_of(a->words[i] | b->words[i]);
	return set;
}

void
known_join(struct known *known, const struct known_filter *filter, int64_t now)
{
	struct known_filter *newest = &known->filter[known->newest];
	uint32_t set = set_of_both(newest, filter);

	if (filter->set == 0)
		return;
	if (set > KNOWN_FULL) {
		if (now - newest->since < known->lasts / EARLIEST)
			return;
		begin(known, (known->newest + 1) % KNOWN_FILTERS, now);
		newest = &known->filter[known->newest];
		set = filter->set;
	}
	for (size_t i = 0; i < KNOWN_BITS / 64; i++)
		newest->words[i] |= filter->words[i];
	newest->set = set;
	known->changed[known->newest] = true;
}

void
known_turn(struct known *known, int64_t now)
{
	struct known_filter *newest = &known->filter[known->newest];
	int64_t age = now - newest->since;

	for (unsigned i = 0; i < KNOWN_FILTERS; i++) {
		struct known_filter *filter = &known->filter[i];

		if (filter->set == 0 || now - filter->since < known->lasts * KNOWN_FILTERS)
			continue;
		known_filter_clear(filter, 0);
		known->changed[i] = true;
	}
	if (age >= known->lasts || (known_filter_full(newest) && age >= known->lasts / EARLIEST))
		begin(known, (known->newest + 1) % KNOWN_FILTERS, now);
}

void
known_clock_set(struct known *known, int64_t seconds)
{
	for (unsigned i = 0; i < KNOWN_FILTERS; i++) {
		struct known_filter *filter = &known->filter[i];

		if (filter->since && filter->since + seconds > 0) {
			filter->since += seconds;
			known->changed[i] = true;
		}
	}
}
