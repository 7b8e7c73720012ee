#include "daemon/base/when.h"
#include "daemon/core/plan.h"
#include "daemon/preflight.h"

#define TTL_SHORT 86400	     /* seconds; caches that forget sooner keep few regulars at MTA1 */
#define TTL_LONG (7 * 86400) /* BIND and Unbound keep nothing longer (7 days, 1 day) */
#define REFRESH_LONG 3600    /* seconds; where a NOTIFY is lost a secondary is late by this */

static bool
plan(struct preflight *preflight, struct err *err)
{
	const struct config_domain *domain = preflight->hand.domain;
	const char *drop[CONFIG_DROP];

	for (unsigned i = 0; i < domain->drop_count; i++)
		drop[i] = domain->drop[i];
	return plan_split(&preflight->normal, drop, domain->drop_count, (uint32_t)domain->split_ttl,
			  &preflight->split, err);
}

static void
check_plan(struct preflight *preflight)
{
	struct findings *findings = &preflight->findings;
	struct err err = { 0 };
	char set[2048];
	struct text text = TEXT(set);

	if (!plan(preflight, &err)) {
		findings_add(findings, FINDINGS_FAIL, "plan",
			     "no split can be made of it: %s. Is the zone split now, or does "
			     "`drop` name the wrong exchanger?",
			     err.text);
		return;
	}
	mx_say(&preflight->split, &text);
	findings_add(findings, FINDINGS_OK, "plan", "a split would show: %s", set);
}

static void
check_ttl(struct preflight *preflight)
{
	uint32_t ttl = preflight->normal.ttl;
	char length[WHEN_TEXT];

	when_duration(ttl, length);
	if (ttl < TTL_SHORT)
		findings_add(&preflight->findings, FINDINGS_WARN, "ttl",
			     "the MX set has a TTL of %s: regulars forget MTA1 that soon after a "
			     "split; a day to a week is what the method lives on",
			     length);
	else
		findings_add(&preflight->findings, FINDINGS_OK, "ttl",
			     "caches keep the MX set for %s%s", length,
			     ttl > TTL_LONG ? "; BIND keeps nothing for more than 7 days" : "");
}

static void
check_key(struct preflight *preflight)
{
	struct hand *hand = &preflight->hand;
	enum zone_result result = hand_change(hand, &preflight->normal, NULL);

	if (result == ZONE_PROVED)
		findings_add(&preflight->findings, FINDINGS_OK, "key",
			     "the primary takes a signed update with prerequisites only (whether "
			     "its policy lets the key change the MX shows the first split)");
	else
		findings_add(&preflight->findings, FINDINGS_FAIL, "key", "update %s: %s",
			     zone_result_name(result), hand->sentence);
}

static void
check_server(struct preflight *preflight, const struct zone_view *view)
{
	const struct zone_view *primary = zone_view(preflight->hand.zone, 0);
	struct findings *findings = &preflight->findings;
	char difference[1024];
	struct text text = TEXT(difference);

	if (!view->known) {
		findings_add(findings, FINDINGS_FAIL, "server", "%s does not answer: %s",
			     view->name, view->error);
		return;
	}
	if (!mx_equal(&view->shown, &primary->shown)) {
		plan_drift(&view->shown, &primary->shown, &text);
		findings_add(findings, FINDINGS_FAIL, "server",
			     "%s shows another set than the primary (serial %u, there %u): %s",
			     view->name, view->serial, primary->serial, difference);
		return;
	}
	findings_add(findings, view->serial == primary->serial ? FINDINGS_OK : FINDINGS_WARN,
		     "server", "%s shows the same set, serial %u%s", view->name, view->serial,
		     view->serial == primary->serial ? "" : ", not that of the primary");
}

/* How late a secondary can be that hears no NOTIFY. */
static void
check_refresh(struct preflight *preflight)
{
	const struct config_server *server =
		&preflight->hand.config->servers[preflight->hand.domain->server];
	struct lookup *lookup = NULL;
	struct lookup_answer answer;
	struct err err = { 0 };
	unsigned refresh = 0, expire = 0;
	char length[WHEN_TEXT];

	if (!lookup_open(server->address[0], &lookup, &err))
		return;
	if (lookup_ask(lookup, server->zone, LOOKUP_SOA, &answer) == LOOKUP_FOUND &&
	    sscanf(answer.text[0], "%*s %*s %*u %u %*u %u", &refresh, &expire) == 2) {
		when_duration(refresh, length);
		findings_add(&preflight->findings,
			     refresh > REFRESH_LONG ? FINDINGS_WARN : FINDINGS_OK, "refresh",
			     "a secondary that misses a NOTIFY asks again after %s (SOA "
			     "refresh)%s",
			     length,
			     refresh > REFRESH_LONG
				     ? ": so long it could go on showing MTA1, or the split"
				     : "");
	}
	lookup_free(lookup);
}

void
preflight_zone(struct preflight *preflight)
{
	struct hand *hand = &preflight->hand;
	const struct mx_set *shown = hand_read(hand);
	char set[2048];
	struct text text = TEXT(set);

	if (!shown) {
		findings_add(&preflight->findings, FINDINGS_FAIL, "primary", "%s: %s",
			     zone_view(hand->zone, 0)->name, zone_view(hand->zone, 0)->error);
		return;
	}
	preflight->normal = *shown;
	mx_say(shown, &text);
	findings_add(&preflight->findings, shown->count ? FINDINGS_OK : FINDINGS_FAIL, "primary",
		     "%s shows: %s", zone_view(hand->zone, 0)->name, set);
	check_plan(preflight);
	check_ttl(preflight);
	check_key(preflight);
	for (unsigned i = 1; i < zone_servers(hand->zone); i++)
		check_server(preflight, zone_view(hand->zone, i));
	if (zone_servers(hand->zone) == 1)
		findings_add(&preflight->findings, FINDINGS_WARN, "server",
			     "no secondary is named in `check`, nor found by `check-ns`: none "
			     "would be watched");
	preflight_names(preflight);
	check_refresh(preflight);
}
