/*
 * The snapshot as Prometheus text (exposition format 0.0.4). Labels are configured names only,
 * never anything out of a log.
 */
#ifndef WEB_METRICS_H
#define WEB_METRICS_H

#include "web/routes.h"

/* GET /metrics. */
bool metrics_page(const struct routes_call *call, struct reply *reply);

#endif
