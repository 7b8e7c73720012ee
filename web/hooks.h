/*
 * The routes of the hooks: what they were told, their dead letters, a test.
 */
#ifndef WEB_HOOKS_H
#define WEB_HOOKS_H

#include "web/routes.h"

bool hooks_page(const struct routes_call *call, struct reply *reply);
bool hooks_resend(const struct routes_call *call, struct reply *reply);
bool hooks_test(const struct routes_call *call, struct reply *reply);

#endif
