/*
 * The hash table of open_ids: at which slot the open id of a hash may be. Open addressing, linear
 * probing, no tombstones. A byte of each hash stands apart: most looks end there, and a day of
 * abandoned ids is 128 KB of bytes and 1 MB of cells.
 */
#ifndef CORE_OPEN_CELLS_H
#define CORE_OPEN_CELLS_H

#include "daemon/base/err.h"

#include <stdint.h>

struct open_cells {
	uint8_t *tags; /* 0: the cell is free */
	struct {
		uint32_t hash, slot;
	} * cells;
	uint32_t mask; /* their number, a power of two, less one */
};

/* Never to be more than half full. False when out of memory. */
MUST_USE bool open_cells_make(struct open_cells *cells, uint32_t number);
void open_cells_free(struct open_cells *cells);

void open_cells_put(struct open_cells *cells, uint32_t hash, uint32_t slot);

/* It is there. */
void open_cells_remove(struct open_cells *cells, uint32_t hash, uint32_t slot);

static inline uint8_t
open_cells_tag(uint32_t hash)
{
	return (uint8_t)(hash >> 24 | 1);
}

/* Where the search for a hash begins. */
static inline uint32_t
open_cells_home(const struct open_cells *cells, uint32_t hash)
{
	return hash & cells->mask;
}

/* The slot of the first cell of this hash in or behind `*at`; goes behind it. 0: there is none. */
static inline uint32_t
open_cells_next(const struct open_cells *cells, uint32_t hash, uint32_t *at)
{
	while (cells->tags[*at]) {
		uint32_t here = *at;

		*at = (here + 1) & cells->mask;
		if (cells->tags[here] == open_cells_tag(hash) && cells->cells[here].hash == hash)
			return cells->cells[here].slot;
	}
	return 0;
}

#endif
