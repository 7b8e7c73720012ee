#include "daemon/sight.h"

#include "daemon/engine.h"
#include "daemon/record.h"

bool
sight_plan(const struct domain *domain, const struct mx_set *normal, struct mx_set *split_out,
	   struct err *err)
{
	const char *drop[CONFIG_DROP];

	for (unsigned i = 0; i < domain->config->drop_count; i++)
		drop[i] = domain->config->drop[i];
	return plan_split(normal, drop, domain->config->drop_count,
			  (uint32_t)domain->config->split_ttl, split_out, err);
}

/* Tells a difference once; it stays told until it is another one or gone. */
static void
tell_drift(struct domain *domain, const char *what)
{
	struct text drift;

	if (strcmp(what, domain->drift) == 0)
		return;
	drift = text_over(domain->drift, sizeof(domain->drift));
	text_add_span(&drift, span_of(what));
	record(domain->engine, JOURNAL_DRIFT, domain->display, "",
	       "the zone is not as we last saw it: %s; nothing is touched until it is", what);
}

static bool
take_normal(struct domain *domain, const struct zone_view *view, const struct mx_set *split,
	    struct err *err)
{
	bool first = domain->normal.count == 0;
	char old[JOURNAL_TEXT / 3], new[JOURNAL_TEXT / 3], stored[8192];
	struct text was = TEXT(old), is = TEXT(new), bytes = TEXT(stored);

	mx_say(&domain->normal, &was);
	mx_say(&view->shown, &is);
	mx_print(&view->shown, &bytes);
	domain->normal = view->shown;
	domain->split = *split;
	domain->candidate = (struct mx_set){ 0 };
	domain->drift[0] = '\0';
	decide_new_normal(&domain->decide, view->asked);
	if (first)
		record(domain->engine, JOURNAL_DECISION, domain->display, "",
		       "the normal set, read from the zone, is: %s", new);
	else
		record(domain->engine, JOURNAL_DRIFT, domain->display, "",
		       "the zone was changed by someone else; taken as the new normal set: %s (was "
		       "%s)",
		       new, old);
	return store_state_put(domain->engine->store, domain->display, "normal-set",
			       span_of(stored), err);
}

/* The zone may be split, and whoever knew what it was before (the database) is gone. */
static void
tell_missing(const struct domain *domain, struct text *text)
{
	text_add(text, "; if the zone was left split and the database is lost, ");
	if (domain->config->normal[0]) {
		text_add(text, "stop mxsplitd, then: mxsplitctl restore %s --offline --from-config",
			 domain->display);
		return;
	}
	text_add(text, "restore it by hand: MX records for");
	for (unsigned i = 0; i < domain->config->drop_count; i++)
		text_add(text, "%s %s", i ? "," : "", domain->config->drop[i]);
	text_add(text, " with the preference and TTL that they had");
}

/*
 * In ordinary times the zone is what it is: a set from which a split can be planned becomes the
 * normal set, at first sight of the zone at once, later when two readings agree on it
 * (docs/decisions.md).
 */
static bool
adopt(struct domain *domain, const struct zone_view *view, struct err *err)
{
	char sentence[sizeof(domain->drift)];
	struct text text = TEXT(sentence);
	struct mx_set split;
	struct err why = { 0 };

	if (!sight_plan(domain, &view->shown, &split, &why)) {
		text_add(&text, "no split can be planned: %s", why.text);
		if (domain->normal.count == 0)
			tell_missing(domain, &text);
		tell_drift(domain, sentence);
		return true;
	}
	if (domain->normal.count == 0 ||
	    (mx_equal(&domain->candidate, &view->shown) && domain->candidate_asked < view->asked))
		return take_normal(domain, view, &split, err);
	if (!mx_equal(&domain->candidate, &view->shown)) {
		domain->candidate = view->shown;
		domain->candidate_asked = view->asked;
	}
	plan_drift(&view->shown, &domain->normal, &text);
	tell_drift(domain, sentence);
	return true;
}

static bool
see_drift(struct domain *domain, const struct zone_view *view, struct err *err)
{
	bool split =
		domain->decide.state == DECIDE_SPLIT || domain->decide.state == DECIDE_RESTORING;
	char sentence[sizeof(domain->drift)];
	struct text text = TEXT(sentence);

	/* A split that met an edit waits, but the zone never was split. */
	if (domain->decide.state == DECIDE_NORMAL ||
	    (domain->decide.state == DECIDE_WAITING && domain->decide.split_since == 0))
		return adopt(domain, view, err);
	plan_drift(&view->shown, split ? &domain->split : &domain->normal, &text);
	tell_drift(domain, sentence);
	return true;
}

/*
 * The zone shows the normal set: what a split makes of it follows the settings of today. A split
 * that is in force keeps the set that it was made with.
 */
static enum decide_shown
see_normal(struct domain *domain)
{
	char sentence[sizeof(domain->drift)];
	struct text text = TEXT(sentence);
	struct err why = { 0 };

	if (domain->sent.count || sight_plan(domain, &domain->normal, &domain->split, &why))
		return DECIDE_SHOWN_NORMAL;
	text_add(&text, "no split can be planned: %s", why.text);
	if (domain->decide.split_since) /* first of all the split is over */
		return DECIDE_SHOWN_NORMAL;
	tell_drift(domain, sentence);
	return DECIDE_SHOWN_DRIFT;
}

/* As what decide takes it. */
static enum decide_shown
read_as(const struct domain *domain, const struct mx_set *shown)
{
	const struct mx_set *normal = &domain->normal, *split = &domain->split;
	bool ordinary = domain->decide.state == DECIDE_NORMAL;

	switch (plan_compare(shown, normal, split)) {
	case PLAN_SHOWS_NORMAL:
		return DECIDE_SHOWN_NORMAL;
	case PLAN_SHOWS_SPLIT:
		return ordinary && plan_for_good(shown, normal, split) ? DECIDE_SHOWN_DRIFT
								       : DECIDE_SHOWN_SPLIT;
	case PLAN_SHOWS_DRIFT:
		break;
	}
	/* Restored by hand: the split is over, and its TTL a matter of ordinary times. */
	return domain->decide.split_since && plan_ttl_only(shown, normal) ? DECIDE_SHOWN_NORMAL
									  : DECIDE_SHOWN_DRIFT;
}

bool
sight_look(struct domain *domain, int64_t now, enum decide_shown *shown_out, struct err *err)
{
	const struct zone_view *view = zone_view(domain->zone, 0);
	int64_t old = now - 3 * domain->engine->config->watch;

	*shown_out = DECIDE_SHOWN_UNKNOWN;
	if (!view->known || view->asked < old || zone_busy(domain->zone))
		return true;
	if (domain->normal.count == 0) {
		*shown_out = DECIDE_SHOWN_DRIFT;
		if (!adopt(domain, view, err))
			return false;
		if (domain->normal.count == 0)
			return true;
	}
	*shown_out = read_as(domain, &view->shown);
	if (*shown_out == DECIDE_SHOWN_DRIFT)
		return see_drift(domain, view, err);
	if (*shown_out == DECIDE_SHOWN_NORMAL)
		*shown_out = see_normal(domain);
	if (*shown_out == DECIDE_SHOWN_DRIFT)
		return true;
	if (domain->drift[0])
		record(domain->engine, JOURNAL_DRIFT, domain->display, "",
		       "the zone shows the %s set again",
		       *shown_out == DECIDE_SHOWN_NORMAL ? "normal" : "split");
	domain->drift[0] = '\0';
	domain->candidate = (struct mx_set){ 0 };
	return true;
}
