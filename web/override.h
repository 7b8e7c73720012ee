/*
 * The body of PUT /v1/domains/{name}/override, read strictly: one JSON object, no member twice, no
 * unknown member, right types, known values.
 *
 *     {"mode": "split|normal|auto", "for": "2h", "reason": "...", "by": "..."}
 *
 * `for` and `reason` are wanted for split and normal; `by` may be left out.
 */
#ifndef WEB_OVERRIDE_H
#define WEB_OVERRIDE_H

#include "daemon/base/err.h"
#include "daemon/core/order.h"

#define OVERRIDE_LONGEST (7 * 86400) /* seconds */
#define OVERRIDE_DEPTH 4	     /* arrays and objects inside each other */
#define OVERRIDE_FIELD 64

/*
 * Fills an order that begins at `now` (seconds); texts are scrubbed UTF-8, `by` is "" when it was
 * left out. On failure `field_out` names the member that is wrong, or is "" when the body is no
 * JSON; `order_out` is untouched.
 */
MUST_USE bool override_read(struct span body, int64_t now, struct override *order_out,
			    char field_out[OVERRIDE_FIELD], struct err *err);

/* A strong entity tag (RFC 9110, section 8.8.3), quotes included, of the order in force at `now`.
 */
void override_etag(const struct override *order, int64_t now, char *out, size_t room);

/* Does an If-Match field with this text let the change through? Empty: always. */
bool override_matches(struct span if_match, const char *etag);

#endif
