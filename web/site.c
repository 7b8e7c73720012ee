#include "web/site.h"

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
	span_copy(span_of(domain->name), free_row->domain, sizeof(free_row->domain));
	free_row->order = *order;
}
