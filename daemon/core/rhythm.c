#include "daemon/core/rhythm.h"

#include "daemon/core/hash.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define FORGET_STRANGER (8 * 86400)
#define FORGET_REGULAR (35 * 86400)
#define MEMORY 64 /* gaps that a mean remembers */
#define GROUPS_IPV6 3

void
rhythm_init(struct rhythm *rhythm, uint64_t key)
{
	memset(rhythm, 0, sizeof(*rhythm));
	rhythm->version = RHYTHM_VERSION;
	rhythm->key = key;
}

/* The part of an address that names the network, as the MTA wrote it. */
static struct span
network(struct span client)
{
	size_t groups = 0;

	for (size_t i = 0; i < client.len; i++)
		if (client.at[i] == ':' && ++groups == GROUPS_IPV6)
			return (struct span){ client.at, i };
	if (groups == 0)
		for (size_t i = client.len; i > 0; i--)
			if (client.at[i - 1] == '.')
				return (struct span){ client.at, i - 1 };
	return client;
}

static bool
is_regular(const struct rhythm_one *one)
{
	return one->mails >= RHYTHM_MAILS && one->last - one->first >= RHYTHM_SPAN;
}

static bool
is_forgotten(const struct rhythm_one *one, int64_t now)
{
	int64_t silent = now - one->last;

	return one->tag == 0 || silent > (is_regular(one) ? FORGET_REGULAR : FORGET_STRANGER);
}

/* Its place, a free one, or that of the greatest tag when this one's is less; NULL: not sampled. */
static struct rhythm_one *
place(struct rhythm *rhythm, uint64_t hash, uint32_t tag, int64_t now)
{
	struct rhythm_one *set = rhythm->one[hash % RHYTHM_SETS], *worst = NULL;

	for (unsigned i = 0; i < RHYTHM_WAYS; i++)
		if (set[i].tag == tag)
			return &set[i];
	for (unsigned i = 0; i < RHYTHM_WAYS; i++) {
		if (is_forgotten(&set[i], now)) {
			worst = &set[i];
			break;
		}
		if (!worst || set[i].tag > worst->tag)
			worst = &set[i];
	}
	if (!is_forgotten(worst, now) && worst->tag < tag)
		return NULL;
	*worst = (struct rhythm_one){ .tag = tag };
	return worst;
}

void
rhythm_mail(struct rhythm *rhythm, struct span client, int64_t time)
{
	uint64_t hash = hash_span(network(client), rhythm->key);
	uint32_t tag = (uint32_t)(hash >> 32) | 1;
	struct rhythm_one *one;
	double weight, gap;

	if (client.len == 0 || time <= 0 || time > UINT32_MAX)
		return;
	one = place(rhythm, hash, tag, time);
	if (!one || (one->mails && time <= one->last))
		return;
	if (one->mails == 0) {
		one->first = (uint32_t)time;
	} else {
		gap = (double)(time - one->last);
		weight = 1.0 / (one->mails < MEMORY ? one->mails : MEMORY);
		one->gap += (float)((gap - one->gap) * weight);
		one->square += (float)((gap * gap - one->square) * weight);
	}
	one->mails += one->mails < UINT32_MAX;
	one->last = (uint32_t)time;
}

void
rhythm_each(const struct rhythm *rhythm, int64_t now, rhythm_regular *each, void *ctx)
{
	for (unsigned i = 0; i < RHYTHM_SETS; i++)
		for (unsigned j = 0; j < RHYTHM_WAYS; j++) {
			const struct rhythm_one *one = &rhythm->one[i][j];

			if (!is_forgotten(one, now) && is_regular(one))
				each(ctx, one->gap, one->square);
		}
}

static bool
is_sound(const struct rhythm_one *one)
{
	return isfinite(one->gap) && one->gap >= 0 && isfinite(one->square) && one->square >= 0 &&
	       one->first <= one->last && (one->mails < 2 || one->gap > 0);
}

bool
rhythm_load(struct rhythm *rhythm, const void *bytes, size_t length)
{
	struct rhythm_one one; /* a copy: the bytes may lie anywhere */
	uint32_t version;

	if (length != sizeof(*rhythm))
		return false;
	memcpy(&version, bytes, sizeof(version));
	if (version != RHYTHM_VERSION)
		return false;
	for (size_t i = 0; i < RHYTHM_SETS * RHYTHM_WAYS; i++) {
		memcpy(&one, (const char *)bytes + offsetof(struct rhythm, one) + i * sizeof(one),
		       sizeof(one));
		if (!is_sound(&one))
			return false;
	}
	memcpy(rhythm, bytes, length);
	return true;
}
