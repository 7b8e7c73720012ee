/*
 * A domain's series, gathered from the store for the API.
 */
#ifndef CHART_H
#define CHART_H

#include "daemon/core/series.h"
#include "daemon/domain.h"

/* Fills the steps of a series that series_init made. */
MUST_USE bool chart_read(struct engine *engine, const char *domain, struct series *series,
			 struct err *err);

/* Takes in what this tick found; a minute that is over goes into the open transaction. */
MUST_USE bool chart_note(struct domain *domain, int64_t now, struct err *err);

#endif
