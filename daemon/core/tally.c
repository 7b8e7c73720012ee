#include "daemon/core/tally.h"

#include "daemon/base/when.h"
#include "daemon/core/domains.h"
#include "daemon/core/hash.h"

#include <stdlib.h>

#define FIRST_CELLS 256
#define MINUTE_US (60 * WHEN_SECOND_US)

struct cell {
	int64_t minute;
	int64_t delta;
	uint32_t domain;
	uint32_t kind; /* + 1; 0 = the cell is free */
};

struct tally {
	struct domains *domains;
	struct cell *cells; /* open addressing, never more than half full */
	size_t mask, used;
	struct cell
		*latest[EVENT_KINDS]; /* most events are of the cell of the one before, or NULL */
	int64_t minute, minute_us;    /* the latest one, and where it begins */
	uint64_t lost;
};

struct tally *
tally_new(unsigned max_domains)
{
	struct tally *tally = calloc(1, sizeof(*tally));

	if (!tally)
		return NULL;
	tally->domains = domains_new(max_domains ? max_domains : TALLY_MAX_DOMAINS);
	tally->cells = calloc(FIRST_CELLS, sizeof(*tally->cells));
	tally->mask = FIRST_CELLS - 1;
	if (tally->domains && tally->cells)
		return tally;
	tally_free(tally);
	return NULL;
}

void
tally_free(struct tally *tally)
{
	if (!tally)
		return;
	domains_free(tally->domains);
	free(tally->cells);
	free(tally);
}

static struct cell *
cell_for(struct cell *cells, size_t mask, const struct cell *like)
{
	uint64_t key = hash_mix((uint64_t)like->minute, ((uint64_t)like->domain << 8) | like->kind);
	size_t at = key & mask;

	while (cells[at].kind && (cells[at].minute != like->minute ||
				  cells[at].domain != like->domain || cells[at].kind != like->kind))
		at = (at + 1) & mask;
	return &cells[at];
}

static bool
grow(struct tally *tally)
{
	size_t mask = tally->mask * 2 + 1;
	struct cell *cells = calloc(mask + 1, sizeof(*cells));

	if (!cells)
		return false;
	for (size_t i = 0; i <= tally->mask; i++)
		if (tally->cells[i].kind)
			*cell_for(cells, mask, &tally->cells[i]) = tally->cells[i];
	free(tally->cells);
	tally->cells = cells;
	tally->mask = mask;
	memset(tally->latest, 0, sizeof(tally->latest));
	return true;
}

/* NULL when there is no memory. */
static __attribute__((noinline)) struct cell *
find(struct tally *tally, int64_t minute, unsigned domain, enum event_kind kind)
{
	struct cell like = { .minute = minute, .domain = domain, .kind = (uint32_t)kind + 1 };
	struct cell *cell;

	if (tally->used * 2 > tally->mask && !grow(tally) && tally->used >= tally->mask)
		return NULL;
	cell = cell_for(tally->cells, tally->mask, &like);
	if (!cell->kind) {
		*cell = like;
		tally->used++;
	}
	return tally->latest[kind] = cell;
}

static void
add(struct tally *tally, int64_t minute, unsigned domain, enum event_kind kind, int64_t delta)
{
	struct cell *cell = tally->latest[kind];

	if (!cell || cell->minute != minute || cell->domain != domain)
		cell = find(tally, minute, domain, kind);
	if (!cell) {
		tally->lost++;
		return;
	}
	cell->delta += delta;
	domains_at(tally->domains, domain)->counts[kind] += delta;
}

/* Most events are of the minute of the one before. */
static int64_t
minute_of(struct tally *tally, int64_t time_us)
{
	int64_t behind;

	if ((uint64_t)time_us - (uint64_t)tally->minute_us < MINUTE_US)
		return tally->minute;
	behind = time_us % MINUTE_US;
	tally->minute_us = time_us - behind - (behind < 0 ? MINUTE_US : 0);
	return tally->minute = tally->minute_us / MINUTE_US;
}

static void
add_one(struct tally *tally, struct span name, enum event_kind kind, int64_t minute, int64_t count,
	bool fresh)
{
	unsigned domain = domains_number(tally->domains, name.len ? name : SPAN("(none)"));

	add(tally, minute, domain, kind, count);
	if (fresh)
		domains_at(tally->domains, domain)->fresh += count;
}

void
tally_add(struct tally *tally, const struct event *event, int64_t oldest_fresh_us)
{
	int64_t time_us = event->moved ? event->moved_time_us : event->time_us;
	int64_t minute = minute_of(tally, time_us);
	bool fresh = time_us >= oldest_fresh_us && event_loads(event->kind);

	if (event->moved)
		add_one(tally, event->moved_from, event->moved_kind, minute, -event->count, fresh);
	add_one(tally, event->domain, event->kind, minute, event->count, fresh);
}

void
tally_each(const struct tally *tally, tally_cell *cell, void *ctx)
{
	for (size_t i = 0; i <= tally->mask; i++) {
		const struct cell *c = &tally->cells[i];

		if (c->kind && c->delta)
			cell(ctx, c->minute, domains_at(tally->domains, c->domain)->name,
			     (enum event_kind)(c->kind - 1), c->delta);
	}
}

int64_t
tally_fresh(const struct tally *tally, struct span domain)
{
	const struct domains_row *row = domains_find(tally->domains, domain);

	return row ? row->fresh : 0;
}

int64_t
tally_count(const struct tally *tally, struct span domain, enum event_kind kind)
{
	const struct domains_row *row = domains_find(tally->domains, domain);

	return row ? row->counts[kind] : 0;
}

void
tally_taken(struct tally *tally)
{
	for (unsigned i = 0; i < domains_count(tally->domains); i++) {
		struct domains_row *row = domains_at(tally->domains, i);

		memset(row->counts, 0, sizeof(row->counts));
		row->fresh = 0;
	}
}

void
tally_clear(struct tally *tally)
{
	domains_clear(tally->domains);
	memset(tally->cells, 0, sizeof(*tally->cells) * (tally->mask + 1));
	memset(tally->latest, 0, sizeof(tally->latest));
	tally->used = 0;
}

size_t
tally_cells(const struct tally *tally)
{
	return tally->used;
}

uint64_t
tally_lost(const struct tally *tally)
{
	return tally->lost;
}
