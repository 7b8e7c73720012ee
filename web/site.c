#include "web/site.h"

#include "web/render.h"

#include <stdlib.h>

const struct snapshot_domain *
site_domain(const struct snapshot *snapshot, struct span name)
{
	for (unsigned i = 0; i < snapshot->domains && i < SNAPSHOT_DOMAINS; i++)
		if (span_equal_nocase(name, span_of(snapshot->domain[i].name)))
			return &snapshot->domain[i];
	return NULL;
}

const struct override *
site_order(const struct site *site, const struct snapshot *snapshot,
	   const struct snapshot_domain *domain)
{
	for (unsigned i = 0; site->fresh_for == snapshot->made_us && i < SNAPSHOT_DOMAINS; i++)
		if (site->fresh[i].domain[0] && strcmp(site->fresh[i].domain, domain->name) == 0)
			return &site->fresh[i].order;
	return &domain->override;
}

void
site_take(struct site *site, const struct snapshot *snapshot, const struct snapshot_domain *domain,
	  const struct override *order)
{
	struct site_order *free_row = NULL;

	if (site->fresh_for != snapshot->made_us)
		memset(site->fresh, 0, sizeof(site->fresh));
	site->fresh_for = snapshot->made_us;
	for (unsigned i = 0; i < SNAPSHOT_DOMAINS && !free_row; i++)
		if (!site->fresh[i].domain[0] || strcmp(site->fresh[i].domain, domain->name) == 0)
			free_row = &site->fresh[i];
	if (!free_row)
		return;
	site_free(site); /* what was made before does not have this order */
	span_copy(span_of(domain->name), free_row->domain, sizeof(free_row->domain));
	free_row->order = *order;
}

bool
site_status(struct site *site, const struct snapshot *snapshot, int64_t now, struct span *text_out)
{
	struct site_text *status = &site->status;
	struct reply reply = { 0 };

	if (!status->at || status->made_us != snapshot->made_us || status->now != now) {
		site_free(site);
		render_reply(&reply, 200, "", render_site(site, snapshot, now));
		*status = (struct site_text){ snapshot->made_us, now, reply.length, reply.body };
	}
	*text_out = (struct span){ status->at, status->length };
	return status->at != NULL;
}

void
site_free(struct site *site)
{
	free(site->status.at);
	site->status = (struct site_text){ 0 };
}
