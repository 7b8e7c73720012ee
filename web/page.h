/*
 * The dashboard: one page and its parts, built into the program. They hold no data and want no
 * right; the page asks the API, which does.
 */
#ifndef WEB_PAGE_H
#define WEB_PAGE_H

#include "web/routes.h"

bool page_html(const struct routes_call *call, struct reply *reply);
bool page_css(const struct routes_call *call, struct reply *reply);
bool page_app(const struct routes_call *call, struct reply *reply);
bool page_chart(const struct routes_call *call, struct reply *reply);
bool page_parts(const struct routes_call *call, struct reply *reply);
bool page_words(const struct routes_call *call, struct reply *reply);

#endif
