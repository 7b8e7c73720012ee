#include "daemon/core/domains.h"

#include "daemon/core/hash.h"

#include <stdlib.h>

#define FIRST_ROOM 16

struct row {
	struct domains_row row;
	char *name; /* what row.name points to */
	uint64_t key;
	uint32_t next; /* in its list; 0 = last */
};

struct domains {
	unsigned max, used, room;
	unsigned latest; /* the last one that was asked for: most events repeat it */
	struct row *rows;
	uint32_t *lists; /* `heads` of them; 0 = empty */
	uint32_t heads;
};

static uint32_t
power_above(unsigned number)
{
	uint32_t power = 16;

	while (power < number)
		power *= 2;
	return power;
}

struct domains *
domains_new(unsigned max)
{
	struct domains *domains = calloc(1, sizeof(*domains));

	if (!domains)
		return NULL;
	domains->max = max + 1;
	domains->room = FIRST_ROOM;
	domains->heads = power_above(max);
	domains->rows = malloc(sizeof(*domains->rows) * FIRST_ROOM);
	domains->lists = malloc(sizeof(*domains->lists) * domains->heads);
	if (!domains->rows || !domains->lists) {
		domains_free(domains);
		return NULL;
	}
	domains_clear(domains);
	return domains;
}

void
domains_free(struct domains *domains)
{
	if (!domains)
		return;
	for (unsigned i = 1; i < domains->used; i++)
		free(domains->rows[i].name);
	free(domains->rows);
	free(domains->lists);
	free(domains);
}

void
domains_clear(struct domains *domains)
{
	for (unsigned i = 1; i < domains->used; i++)
		free(domains->rows[i].name);
	memset(domains->lists, 0, sizeof(*domains->lists) * domains->heads);
	domains->rows[0] = (struct row){ .row.name = SPAN("other") };
	domains->used = 1;
	domains->latest = 0;
}

static unsigned
lookup(const struct domains *domains, struct span name, uint64_t key)
{
	unsigned at = domains->lists[key & (domains->heads - 1)];

	while (at &&
	       (domains->rows[at].key != key || !span_equal(domains->rows[at].row.name, name)))
		at = domains->rows[at].next;
	return at;
}

static bool
make_room(struct domains *domains)
{
	struct row *rows;

	if (domains->used >= domains->max)
		return false;
	if (domains->used < domains->room)
		return true;
	rows = realloc(domains->rows, sizeof(*rows) * domains->room * 2);
	if (!rows)
		return false;
	domains->rows = rows;
	domains->room *= 2;
	return true;
}

static bool
is_latest(const struct domains *domains, struct span name)
{
	struct span latest = domains->rows[domains->latest].row.name;

	return domains->latest && latest.len == name.len && hash_same(latest.at, name.at, name.len);
}

static __attribute__((noinline)) unsigned
another(struct domains *domains, struct span name)
{
	uint64_t key = hash_span(name, 4);
	unsigned at = lookup(domains, name, key);
	char *copy;

	if (at)
		return domains->latest = at;
	if (span_equal(name, SPAN("other")))
		return 0;
	copy = make_room(domains) ? malloc(name.len + 1) : NULL;
	if (!copy)
		return 0;
	memcpy(copy, name.at, name.len);
	copy[name.len] = '\0';
	at = domains->used++;
	domains->rows[at] = (struct row){ .row.name = { copy, name.len },
					  .name = copy,
					  .key = key,
					  .next = domains->lists[key & (domains->heads - 1)] };
	domains->lists[key & (domains->heads - 1)] = at;
	return domains->latest = at;
}

unsigned
domains_number(struct domains *domains, struct span name)
{
	return is_latest(domains, name) ? domains->latest : another(domains, name);
}

const struct domains_row *
domains_find(const struct domains *domains, struct span name)
{
	unsigned at = lookup(domains, name, hash_span(name, 4));

	if (!at && !span_equal(name, SPAN("other")))
		return NULL;
	return &domains->rows[at].row;
}

struct domains_row *
domains_at(const struct domains *domains, unsigned number)
{
	return &domains->rows[number].row;
}

unsigned
domains_count(const struct domains *domains)
{
	return domains->used;
}
