#include "daemon/recall.h"

#include "daemon/engine.h"
#include "daemon/record.h"
#include "daemon/sight.h"

static bool
load_set(struct domain *domain, const char *name, struct mx_set *out, struct err *err)
{
	char text[8192];
	size_t length = 0;
	struct err why = { 0 };

	if (!store_state_get(domain->engine->store, domain->display, name, text, sizeof(text),
			     &length, err))
		return false;
	if (length && !mx_parse((struct span){ text, length }, out, &why))
		record(domain->engine, JOURNAL_FAILURE, domain->display, "",
		       "the stored %s cannot be read, the zone alone says what is: %s", name,
		       why.text);
	return true;
}

/*
 * What is split now was split with the settings of that time, and is restored whatever they are
 * today. In ordinary times those of today count; the set is needed then, too: somebody may have
 * split the zone meanwhile, or the stored state could not be read.
 */
bool
recall_sets(struct domain *domain, const char *server, struct err *err)
{
	char was[CONFIG_NAME] = "";
	size_t length = 0;
	struct err why = { 0 };

	if (!load_set(domain, "normal-set", &domain->normal, err))
		return false;
	if (domain->normal.count == 0)
		return true;
	if (!load_set(domain, "split-set", &domain->split, err))
		return false;
	if (domain->decide.state == DECIDE_NORMAL) {
		(void)!sight_plan(domain, &domain->normal, &domain->split, &why);
		return true; /* that none can be planned is told when the zone was read */
	}
	if (!store_state_get(domain->engine->store, domain->display, "server", was, sizeof(was) - 1,
			     &length, err))
		return false;
	if (length && strcmp(was, server) != 0)
		record(domain->engine, JOURNAL_FAILURE, domain->display, "",
		       "it is in state %s by server %s, and the configuration now names %s: the "
		       "restore goes there; if that is not the primary of this zone, name %s again "
		       "until it is restored",
		       decide_state_name(domain->decide.state), was, server, was);
	if (domain->split.count == 0 && !sight_plan(domain, &domain->normal, &domain->split, &why))
		record(domain->engine, JOURNAL_FAILURE, domain->display, "",
		       "it is in state %s, and what its split set was is not known: %s; name in "
		       "'drop' what was dropped until it is restored",
		       decide_state_name(domain->decide.state), why.text);
	return true;
}

bool
recall_keep(struct domain *domain, struct err *err)
{
	struct store *store = domain->engine->store;
	struct span bytes = { (const char *)&domain->decide, sizeof(domain->decide) };
	char set[8192];
	struct text split = TEXT(set);

	mx_print(&domain->split, &split);
	return store_state_put(store, domain->display, "decide", bytes, err) &&
	       (domain->split.count == 0 ||
		store_state_put(store, domain->display, "split-set", span_of(set), err)) &&
	       store_state_put(store, domain->display, "server",
			       span_of(domain->config->server_name), err);
}
