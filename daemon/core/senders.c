#include "daemon/core/senders.h"

#include "daemon/core/hash.h"
#include "daemon/core/parse_address.h"

#include <stdlib.h>

#define SLOTS 8192 /* messages; those of minutes at 50 a second */
#define DOMAIN 256

struct slot {
	uint64_t id, sender; /* hashes; sender 0: free */
};

struct senders {
	struct slot slots[SLOTS];
};

struct senders *
senders_new(void)
{
	return calloc(1, sizeof(struct senders));
}

void
senders_free(struct senders *senders)
{
	free(senders);
}

uint64_t
senders_key(struct span address)
{
	char lower[DOMAIN];
	struct span domain = parse_address_lower_domain(address, lower, sizeof(lower));

	return domain.at == lower ? hash_span(domain, 9) | 1 : 0;
}

void
senders_put(struct senders *senders, uint32_t host, struct span id, struct span address)
{
	uint64_t key = hash_span(id, host);

	senders->slots[key % SLOTS] = (struct slot){ key, senders_key(address) };
}

uint64_t
senders_find(const struct senders *senders, uint32_t host, struct span id)
{
	uint64_t key = hash_span(id, host);
	const struct slot *slot = &senders->slots[key % SLOTS];

	return slot->id == key ? slot->sender : 0;
}
