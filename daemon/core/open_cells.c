#include "daemon/core/open_cells.h"

#include <stdlib.h>

bool
open_cells_make(struct open_cells *cells, uint32_t number)
{
	*cells = (struct open_cells){ .tags = calloc(number, sizeof(*cells->tags)),
				      .cells = malloc(number * sizeof(*cells->cells)),
				      .mask = number - 1 };
	if (cells->tags && cells->cells)
		return true;
	open_cells_free(cells);
	return false;
}

void
open_cells_free(struct open_cells *cells)
{
	free(cells->tags);
	free(cells->cells);
	*cells = (struct open_cells){ 0 };
}

void
open_cells_put(struct open_cells *cells, uint32_t hash, uint32_t slot)
{
	uint32_t at = open_cells_home(cells, hash);

	while (cells->tags[at])
		at = (at + 1) & cells->mask;
	cells->tags[at] = open_cells_tag(hash);
	cells->cells[at].hash = hash;
	cells->cells[at].slot = slot;
}

/* Takes the cell out and moves back those behind it that would not be found any more. */
void
open_cells_remove(struct open_cells *cells, uint32_t hash, uint32_t slot)
{
	uint32_t hole = open_cells_home(cells, hash), at;

	while (cells->cells[hole].slot != slot || cells->tags[hole] != open_cells_tag(hash))
		hole = (hole + 1) & cells->mask;
	for (at = (hole + 1) & cells->mask; cells->tags[at]; at = (at + 1) & cells->mask) {
		uint32_t home = open_cells_home(cells, cells->cells[at].hash);

		if (((at - home) & cells->mask) < ((at - hole) & cells->mask))
			continue;
		cells->cells[hole] = cells->cells[at];
		cells->tags[hole] = cells->tags[at];
		hole = at;
	}
	cells->tags[hole] = 0;
}
