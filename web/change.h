/*
 * The routes that change something: a domain's override, the counters. The right to do so was
 * checked before.
 */
#ifndef WEB_CHANGE_H
#define WEB_CHANGE_H

#include "web/routes.h"

bool change_put(const struct routes_call *call, struct reply *reply);
bool change_push(const struct routes_call *call, struct reply *reply);
bool change_delete(const struct routes_call *call, struct reply *reply);

#endif
