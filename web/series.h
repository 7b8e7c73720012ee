/*
 * The route that gives one domain over time.
 */
#ifndef WEB_SERIES_H
#define WEB_SERIES_H

#include "web/routes.h"

#define SERIES_FOR (6 * 3600) /* seconds that are given when nothing is said */

bool series_page(const struct routes_call *call, struct reply *reply);

#endif
