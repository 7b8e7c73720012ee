#include "daemon/hand.h"

#include "daemon/authority.h"
#include "daemon/ns_sets.h"

#include <stdlib.h>
#include <sysexits.h>

static void
on_read(void *ctx)
{
	struct hand *hand = ctx;

	hand->waiting = false;
}

static void
on_change(void *ctx, enum zone_result result, const char *sentence, uint32_t serial)
{
	struct hand *hand = ctx;

	hand->waiting = false;
	hand->result = result;
	hand->serial = serial;
	span_copy(span_of(sentence), hand->sentence, sizeof(hand->sentence));
}

static int
read_settings(struct hand *hand, const char *path)
{
	struct config_problems *problems = malloc(sizeof(*problems));
	int status = EX_OSERR;

	hand->config = malloc(sizeof(*hand->config));
	if (!hand->config || !problems) {
		fprintf(stderr, "out of memory\n");
	} else if (config_read(path, hand->config, problems)) {
		status = EX_OK;
	} else {
		config_print_problems(stderr, path, problems);
		status = problems->unreadable ? EX_NOINPUT : EX_CONFIG;
	}
	free(problems);
	return status;
}

/* With or without the final dot, whatever its case. */
static bool
find_domain(struct hand *hand, struct span name)
{
	name.len -= span_ends(name, SPAN("."));
	for (unsigned i = 0; i < hand->config->domain_count; i++) {
		struct span own = span_of(hand->config->domains[i].name);

		own.len -= span_ends(own, SPAN("."));
		if (!span_equal_nocase(own, name))
			continue;
		hand->domain = &hand->config->domains[i];
		span_copy(own, hand->display, sizeof(hand->display));
		return true;
	}
	return false;
}

/* For check-ns. What cannot be looked up is said, and the others are asked. */
static void
find_servers(struct hand *hand)
{
	const struct config_server *server = &hand->config->servers[hand->domain->server];
	struct nameservers found;

	if (!server->check_ns)
		return;
	nameservers_find(server, NULL, &found);
	if (!found.complete)
		fprintf(stderr, "%s: check-ns: %s; those known are asked\n", hand->display,
			found.why);
	ns_sets_give(hand->zone, server, &found);
}

int
hand_open(struct hand *hand, const char *config_path, const char *domain)
{
	struct zone_options options = {
		.loop = &hand->loop, .ctx = hand, .on_read = on_read, .on_change = on_change
	};
	struct err err = { 0 };
	int status;

	*hand = (struct hand){ 0 };
	status = read_settings(hand, config_path);
	if (status != EX_OK)
		return status;
	if (!find_domain(hand, span_of(domain))) {
		fprintf(stderr, "%s has no domain %s\n", config_path, domain);
		return EX_DATAERR;
	}
	hand->opened = uv_loop_init(&hand->loop) == 0;
	options.domain = hand->domain->name;
	if (hand->opened && authority_open(&hand->config->servers[hand->domain->server], &options,
					   &hand->key, &hand->zone, &err)) {
		find_servers(hand);
		return EX_OK;
	}
	fprintf(stderr, "domain %s: %s\n", hand->display, hand->opened ? err.text : "no loop");
	return EX_CONFIG;
}

void
hand_close(struct hand *hand)
{
	zone_free(hand->zone);
	if (hand->opened) {
		uv_run(&hand->loop, UV_RUN_DEFAULT);
		uv_loop_close(&hand->loop);
	}
	key_wipe(&hand->key);
	free(hand->config);
}

static void
wait_for_it(struct hand *hand)
{
	while (hand->waiting && uv_run(&hand->loop, UV_RUN_ONCE))
		continue;
}

const struct mx_set *
hand_read(struct hand *hand)
{
	const struct zone_view *view = zone_view(hand->zone, 0);

	uv_update_time(&hand->loop);
	hand->waiting = true;
	zone_read(hand->zone);
	wait_for_it(hand);
	return view->known ? &view->shown : NULL;
}

enum zone_result
hand_change(struct hand *hand, const struct mx_set *from, const struct mx_set *to)
{
	struct err err = { 0 };
	bool begun;

	uv_update_time(&hand->loop);
	begun = to ? zone_change(hand->zone, from, to, &err)
		   : zone_change_nothing(hand->zone, from, &err);
	if (!begun) {
		on_change(hand, ZONE_FAILED, err.text, 0);
		return ZONE_FAILED;
	}
	hand->waiting = true;
	wait_for_it(hand);
	return hand->result;
}

int
hand_exit(enum zone_result result)
{
	switch (result) {
	case ZONE_PROVED:
		return EX_OK;
	case ZONE_CONFLICT:
		return EX_DATAERR;
	case ZONE_REFUSED:
		return EX_NOPERM;
	case ZONE_UNPROVED:
	case ZONE_FAILED:
	case ZONE_UNKNOWN:
		break;
	}
	return EX_TEMPFAIL;
}
