#include "daemon/domain.h"

#include "daemon/engine.h"

static void
show_servers(const struct domain *domain, struct snapshot_domain *out)
{
	out->servers = zone_servers(domain->zone);
	if (out->servers > SNAPSHOT_SERVERS)
		out->servers = SNAPSHOT_SERVERS;
	for (unsigned i = 0; i < out->servers; i++) {
		const struct zone_view *view = zone_view(domain->zone, i);
		struct snapshot_server *server = &out->server[i];

		span_copy(span_of(view->name), server->name, sizeof(server->name));
		span_copy(span_of(view->error), server->error, sizeof(server->error));
		server->primary = view->primary;
		server->known = view->known;
		server->shown = view->shown;
		server->serial = view->serial;
		server->asked = view->asked;
		server->since = view->since;
	}
}

static void
show_effect(const struct domain *domain, struct snapshot_domain *out)
{
	out->mtas = domain->effects;
	for (unsigned i = 0; i < domain->effects; i++) {
		domain_reach(domain, i, domain->detected, &out->mta[i]);
		domain_display(domain->effect[i].mta, out->mta[i].name, sizeof(out->mta[i].name));
	}
}

void
domain_show(const struct domain *domain, struct snapshot_domain *out)
{
	const struct zone_view *primary = zone_view(domain->zone, 0);
	const char *guard = domain->drift[0] ? domain->drift : domain->out.guard;

	span_copy(span_of(domain->display), out->name, sizeof(out->name));
	out->mode = domain->config->mode;
	span_copy(span_of(decide_state_name(domain->decide.state)), out->state, sizeof(out->state));
	out->state_since = domain->decide.since;
	span_copy(span_of(domain->out.why), out->why, sizeof(out->why));
	span_copy(span_of(guard), out->guard, sizeof(out->guard));
	out->override = domain->override;
	out->finding = domain->finding;
	out->wanted = domain->decide.wanted_split ? domain->split : domain->normal;
	out->sent = domain->sent;
	out->sent_open = domain->sent.count != 0;
	out->shown = primary->shown;
	out->normal = domain->normal;
	out->split = domain->split;
	out->survival = domain->survival;
	memcpy(out->counts, domain->counts, sizeof(out->counts));
	memcpy(out->updates, domain->updates, sizeof(out->updates));
	out->evidence = clues_recent(&domain->clues, domain->detected);
	show_servers(domain, out);
	show_effect(domain, out);
	rules_show(domain, out);
}
