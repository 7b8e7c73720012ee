#include "daemon/probe/nameservers.h"

#include "daemon/conf/config_net.h"
#include "daemon/probe/lookup.h"

#include <stdlib.h>

struct search {
	const struct config_server *server;
	const atomic_bool *give_up;
	struct lookup *primary, *resolver;
	uint16_t port; /* the primary's */
	struct nameservers *out;
};

/* The first reason stands. */
static void
fail(struct search *search, const char *name, const char *what)
{
	struct text text;

	search->out->complete = false;
	if (search->out->why[0])
		return;
	text = TEXT(search->out->why);
	text_add_scrubbed(&text, span_of(name));
	text_add(&text, " %s", what);
}

/* Is it where the primary is asked already? */
static bool
is_primary(const struct search *search, const char *host)
{
	char own[CONFIG_ADDRESS];
	uint16_t port;

	for (unsigned i = 0; i < search->server->address_count; i++)
		if (config_net_address(span_of(search->server->address[i]), 53, own, &port) &&
		    strcmp(own, host) == 0)
			return true;
	return false;
}

/* Servers give the records of a set in another order each time: ours must not change with it. */
static const char *
least(const struct lookup_answer *found)
{
	const char *text = found->text[0];

	for (unsigned i = 1; i < found->count; i++)
		if (strcmp(found->text[i], text) < 0)
			text = found->text[i];
	return text;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct nameserver *)a)->name, ((const struct nameserver *)b)->name);
}

/* Adds it with one of its addresses, unless it is the primary. */
static void
add(struct search *search, const char *name, const struct lookup_answer *found)
{
	struct nameservers *out = search->out;
	char host[CONFIG_ADDRESS];
	struct span shown = { name, strlen(name) - span_ends(span_of(name), SPAN(".")) };
	struct text text;
	uint16_t port;

	for (unsigned i = 0; i < found->count; i++)
		if (config_net_address(span_of(found->text[i]), 53, host, &port) &&
		    is_primary(search, host))
			return;
	if (!config_net_address(span_of(least(found)), 53, host, &port)) {
		fail(search, name, "has an address that is none");
	} else if (out->count == CONFIG_CHECKS) {
		fail(search, name, "is one more than can be asked");
	} else {
		text = TEXT(out->list[out->count].name);
		text_add_scrubbed(&text, shown);
		text = TEXT(out->list[out->count].address);
		config_net_print(host, search->port, &text);
		out->count++;
	}
}

/* False: nobody answers, or it is to end. The others would be waited for just as long. */
static bool
find(struct search *search, const char *name)
{
	struct lookup *at =
		config_net_inside(name, search->server->zone) ? search->primary : search->resolver;
	struct lookup_answer found = { 0 };
	enum lookup_outcome outcome = LOOKUP_FAILED;
	bool ends = search->give_up && atomic_load(search->give_up);

	if (at && !ends)
		outcome = lookup_ask(at, name, LOOKUP_A, &found);
	if (outcome == LOOKUP_EMPTY)
		outcome = lookup_ask(at, name, LOOKUP_AAAA, &found);
	if (outcome == LOOKUP_FOUND)
		add(search, name, &found);
	else
		fail(search, name,
		     outcome == LOOKUP_FAILED ? "could not be looked up" : "has no address");
	return outcome != LOOKUP_FAILED;
}

void
nameservers_find(const struct config_server *server, const atomic_bool *give_up,
		 struct nameservers *out)
{
	struct search search = { .server = server, .give_up = give_up, .out = out };
	struct lookup_answer names;
	char host[CONFIG_ADDRESS];
	struct err err = { 0 };

	*out = (struct nameservers){ .complete = true };
	if (!config_net_address(span_of(server->address[0]), 53, host, &search.port) ||
	    !lookup_open(server->address[0], &search.primary, &err) ||
	    lookup_ask(search.primary, server->zone, LOOKUP_NS, &names) != LOOKUP_FOUND) {
		fail(&search, server->zone, "has no NS RRset that the primary shows");
	} else {
		if (names.more)
			fail(&search, server->zone, "has more name servers than can be asked");
		if (!lookup_open(NULL, &search.resolver, &err))
			search.resolver = NULL;
		for (unsigned i = 0; i < names.count && find(&search, names.text[i]); i++)
			continue;
		qsort(out->list, out->count, sizeof(out->list[0]), by_name);
	}
	lookup_free(search.primary);
	lookup_free(search.resolver);
}
