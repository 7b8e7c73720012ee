/*
 * The snapshot and the journal as JSON. Times are RFC 3339 in UTC, what is not known is null,
 * states are words, numbers are finite. Field names are those of web/openapi.yaml and stay.
 */
#ifndef WEB_RENDER_H
#define WEB_RENDER_H

#include "daemon/core/journal.h"
#include "daemon/core/snapshot.h"
#include "web/exchange.h"

#include <jansson.h>

struct site;

/* `orders` holds one override for each domain of the snapshot. The caller owns what comes back. */
json_t *render_status(const struct snapshot *snapshot, const struct override *orders, int64_t now);
json_t *render_domain(const struct snapshot_domain *domain, const struct override *order,
		      int64_t now);

/* The override as a resource: mode auto when there is none or it has expired. */
json_t *render_override(const struct override *order, int64_t now);

/* As render_status, with the orders that the site took since: what GET /v1/status answers. NULL: no
 * memory. */
json_t *render_site(const struct site *site, const struct snapshot *snapshot, int64_t now);

json_t *render_event(const struct journal_entry *entry);

/* Text that may hold anything, as a JSON string: scrubbed when it is not valid UTF-8. */
json_t *render_text(const char *text);

/* Puts the document into the reply and frees it; NULL (no memory) becomes an empty 500. */
void render_reply(struct reply *reply, unsigned status, const char *type, json_t *document);

#endif
