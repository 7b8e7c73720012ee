#include "daemon/laggards.h"

#include "daemon/base/when.h"
#include "daemon/engine.h"
#include "daemon/record.h"

static void
add(struct text *text, const struct zone_view *view)
{
	text_add(text, "%s%s ", text->len ? ", " : "", view->name);
	if (!view->known) {
		text_add(text, "does not say what it shows (%s)", view->error);
		return;
	}
	text_add(text, "shows ");
	mx_say(&view->shown, text);
}

/* Those that do not show what the primary shows; false: it cannot be said. */
static bool
compare(const struct domain *domain, struct text *text)
{
	const struct zone_view *primary = zone_view(domain->zone, 0);

	if (zone_busy(domain->zone) || !primary->known)
		return false;
	for (unsigned i = 1; i < zone_servers(domain->zone); i++) {
		const struct zone_view *view = zone_view(domain->zone, i);

		if (view->asked == 0)
			return false;
		if (!view->known || !mx_equal(&view->shown, &primary->shown))
			add(text, view);
	}
	return true;
}

void
laggards_look(struct domain *domain, int64_t now)
{
	int64_t patience = domain->engine->config->servers[domain->config->server].prove;
	struct laggards *laggards = &domain->laggards;
	char who[JOURNAL_TEXT / 2] = "", is[JOURNAL_TEXT / 4], age[WHEN_TEXT];
	struct text text = TEXT(who), shown = TEXT(is);

	if (!compare(domain, &text))
		return;
	if (!who[0]) {
		if (laggards->told)
			record(domain->engine, JOURNAL_UPDATE, domain->display, "",
			       "every name server shows what the primary shows again");
		*laggards = (struct laggards){ 0 };
		return;
	}
	if (!laggards->since || laggards->since > now)
		laggards->since = now;
	if (laggards->told || now - laggards->since < patience)
		return;
	laggards->told = true;
	when_duration(now - laggards->since, age);
	mx_say(&zone_view(domain->zone, 0)->shown, &shown);
	record(domain->engine, JOURNAL_FAILURE, domain->display, "",
	       "name servers disagree for %s: the primary shows %s, but %s; look at its transfers "
	       "and "
	       "NOTIFY",
	       age, is, who);
}
