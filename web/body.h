/*
 * A request's body as JSON, strictly: no member twice, no deep nesting, nothing behind it.
 */
#ifndef WEB_BODY_H
#define WEB_BODY_H

#include "daemon/base/err.h"
#include "daemon/base/span.h"

#include <jansson.h>

/* The document, for the caller to free; NULL with a scrubbed sentence. */
json_t *body_read(struct span body, unsigned deepest, struct err *err);

#endif
