#include "daemon/ns_sets.h"

#include "daemon/engine.h"
#include "daemon/record.h"
#include "daemon/sys/clock.h"

#include <stdlib.h>

#define EVERY 3600 /* seconds between two lookups */
#define AGAIN 60   /* after one that failed */
#define FAILURES 2 /* in a row, until a person is told */

/* On a worker thread. */
static void
look_up(uv_work_t *work)
{
	struct ns_set *set = work->data;

	nameservers_find(&set->server, &set->all->give_up, &set->found);
}

static void
was_looked_up(uv_work_t *work, int status)
{
	struct ns_set *set = work->data;

	set->busy = set->all->busy = false;
	set->answered = status == 0;
	set->next_us = clock_steady_us() + (set->found.complete ? EVERY : AGAIN) * INT64_C(1000000);
}

/* Would the same be looked up? */
static bool
is_same(const struct config_server *a, const struct config_server *b)
{
	return strcmp(a->zone, b->zone) == 0 && a->address_count == b->address_count &&
	       memcmp(a->address, b->address, a->address_count * sizeof(a->address[0])) == 0;
}

/* The set of that server as it is in the settings now; NULL: it is not wanted, or not yet. */
static struct ns_set *
take(struct engine *engine, unsigned index)
{
	const struct config_server *server = &engine->config->servers[index];
	struct ns_set **at = &engine->ns_sets.list[index];
	bool wanted = index < engine->config->server_count && server->check_ns;

	if (*at && !(*at)->busy && (!wanted || !is_same(&(*at)->server, server))) {
		free(*at);
		*at = NULL;
	}
	if (!*at && wanted && (*at = calloc(1, sizeof(**at)))) {
		(*at)->server = *server;
		(*at)->all = &engine->ns_sets;
		(*at)->work.data = *at;
	}
	return *at && wanted && is_same(&(*at)->server, server) ? *at : NULL;
}

static bool
is_known(const struct ns_set *set)
{
	return set->known.count == set->found.count && set->known.complete &&
	       memcmp(set->known.list, set->found.list, sizeof(set->found.list)) == 0;
}

/* As people write it. */
static int
shown_length(const char *zone)
{
	return (int)(strlen(zone) - span_ends(span_of(zone), SPAN(".")));
}

static void
tell(struct engine *engine, struct ns_set *set)
{
	char names[JOURNAL_TEXT / 2] = "";
	struct text text = TEXT(names);

	set->answered = false;
	if (!set->found.complete) {
		if (++set->failures == FAILURES)
			record(engine, JOURNAL_FAILURE, "", "",
			       "the name servers of %.*s cannot be looked up for check-ns: %s; %s",
			       shown_length(set->server.zone), set->server.zone, set->found.why,
			       set->known.complete ? "those that were found before are asked"
						   : "a change is proved without them");
		return;
	}
	set->failures = 0;
	if (is_known(set))
		return;
	set->known = set->found;
	for (unsigned i = 0; i < set->known.count; i++)
		text_add(&text, "%s%s (%s)", i ? ", " : "", set->known.list[i].name,
			 set->known.list[i].address);
	record(engine, JOURNAL_DECISION, "", "",
	       "the NS RRset of %.*s names, beside the primary: %s", shown_length(set->server.zone),
	       set->server.zone, names[0] ? names : "nobody");
}

static void
start(struct engine *engine, struct ns_set *set)
{
	if (set->all->busy || set->answered || clock_steady_us() < set->next_us)
		return;
	set->busy = uv_queue_work(engine->loop, &set->work, look_up, was_looked_up) == 0;
	set->all->busy = set->busy;
}

static bool
is_in(const struct zone_server *list, unsigned count, const struct sockaddr_storage *address)
{
	for (unsigned i = 0; i < count; i++)
		if (memcmp(&list[i].address, address, sizeof(*address)) == 0)
			return true;
	return false;
}

void
ns_sets_give(struct zone *zone, const struct config_server *server, const struct nameservers *found)
{
	struct zone_server list[ZONE_CHECKS] = { 0 };
	struct err err = { 0 };
	unsigned count = 0;

	for (unsigned i = 0; i < server->check_count; i++)
		if (zone_address(span_of(server->check[i]), &list[count], &err))
			count++;
	for (unsigned i = 0; i < found->count && count < ZONE_CHECKS; i++) {
		if (!zone_address(span_of(found->list[i].address), &list[count], &err) ||
		    is_in(list, count, &list[count].address))
			continue;
		span_copy(span_of(found->list[i].name), list[count].name, sizeof(list[count].name));
		count++;
	}
	zone_set_checks(zone, list, count);
}

void
ns_sets_step(struct engine *engine)
{
	for (unsigned i = 0; i < CONFIG_SERVERS; i++) {
		struct ns_set *set = take(engine, i);

		if (!set)
			continue;
		if (set->answered)
			tell(engine, set);
		start(engine, set);
		for (unsigned j = 0; set->known.complete && j < engine->domain_count; j++)
			if (engine->domains[j]->config->server == i)
				ns_sets_give(engine->domains[j]->zone, &engine->config->servers[i],
					     &set->known);
	}
}

void
ns_sets_stop(struct ns_sets *sets)
{
	atomic_store(&sets->give_up, true);
}

void
ns_sets_free(struct ns_sets *sets)
{
	for (unsigned i = 0; i < CONFIG_SERVERS; i++)
		free(sets->list[i]);
}
