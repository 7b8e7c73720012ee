#include "daemon/conf/config_net.h"
#include "daemon/preflight.h"

#include <netinet/in.h>

static bool
same_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	if (a->ss_family != b->ss_family)
		return false;
	if (a->ss_family == AF_INET)
		return ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
		       ((const struct sockaddr_in *)b)->sin_addr.s_addr;
	return memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr,
		      &((const struct sockaddr_in6 *)b)->sin6_addr, sizeof(struct in6_addr)) == 0;
}

/* Whatever its port: the NS RRset names none. */
static bool
is_one_of(const struct sockaddr_storage *address, const char (*listed)[CONFIG_ADDRESS],
	  unsigned count)
{
	struct zone_server server;
	struct err err = { 0 };

	for (unsigned i = 0; i < count; i++)
		if (zone_address(span_of(listed[i]), &server, &err) &&
		    same_host(&server.address, address))
			return true;
	return false;
}

/* One of these addresses of a name server is in the settings: it is asked. */
static bool
is_asked(const struct config_server *settings, const struct lookup_answer *found)
{
	struct zone_server server;
	struct err err = { 0 };

	for (unsigned i = 0; i < found->count; i++)
		if (zone_address(span_of(found->text[i]), &server, &err) &&
		    (is_one_of(&server.address, settings->address, settings->address_count) ||
		     is_one_of(&server.address, settings->check, settings->check_count)))
			return true;
	return false;
}

/* Found by check-ns. */
static bool
is_found(const struct preflight *preflight, const char *name)
{
	struct span shown = { name, strlen(name) - span_ends(span_of(name), SPAN(".")) };

	for (unsigned i = 1; i < zone_servers(preflight->hand.zone); i++)
		if (span_equal(span_of(zone_view(preflight->hand.zone, i)->name), shown))
			return true;
	return false;
}

/* A name in the zone is the primary's to say. False: it cannot be said. */
static bool
check_name(struct preflight *preflight, struct lookup *primary, const char *name, bool *asked)
{
	const struct config_server *settings =
		&preflight->hand.config->servers[preflight->hand.domain->server];
	struct lookup *lookup =
		config_net_inside(name, settings->zone) ? primary : preflight->lookup;
	struct lookup_answer four = { 0 }, six = { 0 };

	*asked = false;
	if (!lookup || lookup_ask(lookup, name, LOOKUP_A, &four) == LOOKUP_FAILED ||
	    lookup_ask(lookup, name, LOOKUP_AAAA, &six) == LOOKUP_FAILED)
		return false;
	*asked = is_found(preflight, name) || is_asked(settings, &four) || is_asked(settings, &six);
	if (!*asked)
		findings_add(&preflight->findings, FINDINGS_WARN, "ns",
			     "%s (%s) is a name server of %s, and no address of it is in `check`: "
			     "whether it shows a change is not looked at",
			     name,
			     four.count	 ? four.text[0]
			     : six.count ? six.text[0]
					 : "no address",
			     settings->zone);
	return true;
}

static void
check_names(struct preflight *preflight, struct lookup *primary, const char *zone)
{
	struct findings *findings = &preflight->findings;
	struct lookup_answer names;
	unsigned watched = 0;
	bool asked;

	if (lookup_ask(primary, zone, LOOKUP_NS, &names) != LOOKUP_FOUND) {
		findings_add(findings, FINDINGS_WARN, "ns",
			     "the primary does not say which name servers %s has", zone);
		return;
	}
	for (unsigned i = 0; i < names.count; i++) {
		if (!check_name(preflight, primary, names.text[i], &asked)) {
			/* a resolver that is silent would be waited for with each name */
			findings_add(findings, FINDINGS_WARN, "ns",
				     "%s is a name server of %s; its address is not known, so it "
				     "and those after it were not compared with `check`",
				     names.text[i], zone);
			return;
		}
		watched += asked;
	}
	if (watched == names.count)
		findings_add(findings, FINDINGS_OK, "ns",
			     "each name server that %s names is asked (%u)", zone, watched);
}

void
preflight_names(struct preflight *preflight)
{
	const struct config_server *settings =
		&preflight->hand.config->servers[preflight->hand.domain->server];
	struct lookup *primary = NULL;
	struct err err = { 0 };

	if (lookup_open(settings->address[0], &primary, &err))
		check_names(preflight, primary, settings->zone);
	lookup_free(primary);
}
