#include "dnsupdate/zone.h"

#include "daemon/base/names.h"
#include "dnsupdate/zone_own.h"
#include "dnsupdate/zone_round.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <time.h>

static const struct name results[] = {
	{ ZONE_PROVED, "proved" },   { ZONE_UNPROVED, "unproved" }, { ZONE_CONFLICT, "conflict" },
	{ ZONE_REFUSED, "refused" }, { ZONE_FAILED, "failed" },	    { ZONE_UNKNOWN, "unknown" },
};

const char *
zone_result_name(enum zone_result result)
{
	return names_name(results, sizeof(results) / sizeof(results[0]), (int)result);
}

static int64_t
real_seconds(void)
{
	return (int64_t)time(NULL);
}

/* A host name's characters, '_' too; absolute and lower case in `out`, without the final dot. */
static bool
set_name(const char *what, const char *name, char out[MX_NAME], struct err *err)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
	struct span span = span_of(name ? name : "");

	if (span_ends(span, SPAN(".")))
		span.len--;
	if (span.len == 0 || span.len > 253)
		return err_set(err, ERR_INPUT, "the %s has 1 to 253 characters, not %zu", what,
			       span.len);
	span_copy_lower(span, out, MX_NAME);
	if (strspn(out, allowed) != span.len || out[0] == '.' || strstr(out, ".."))
		return err_set(err, ERR_INPUT, "'%s' is not the name of a %s", out, what);
	return true;
}

static bool
set_names(struct zone *zone, const struct zone_options *options, struct err *err)
{
	char tail[MX_NAME + 1] = ".";

	if (!set_name("zone", options->zone, zone->zone, err) ||
	    !set_name("domain", options->domain, zone->domain, err))
		return false;
	memcpy(tail + 1, zone->zone, sizeof(zone->zone));
	if (strcmp(zone->zone, zone->domain) != 0 &&
	    !span_ends(span_of(zone->domain), span_of(tail)))
		return err_set(err, ERR_INPUT, "%s is not in the zone %s", zone->domain,
			       zone->zone);
	return true;
}

static void
add_server(struct zone *zone, const struct zone_server *server)
{
	struct zone_view *view = &zone->views[zone->servers];
	struct text name = TEXT(view->name);

	view->primary = zone->servers == 0;
	text_add_scrubbed(&name, span_of(server->name));
	zone->addresses[zone->servers++] = server->address;
}

static void
set_from(struct zone *zone, struct sockaddr_storage address)
{
	if (address.ss_family == AF_INET)
		((struct sockaddr_in *)&address)->sin_port = 0;
	else
		((struct sockaddr_in6 *)&address)->sin6_port = 0;
	zone->from[address.ss_family == AF_INET6] = address;
}

struct sockaddr_storage
zone_from(const struct zone *zone, const struct sockaddr_storage *address)
{
	return zone->from[address->ss_family == AF_INET6];
}

static void
wipe_keys(struct zone *zone)
{
	for (unsigned i = 0; i < ZONE_KEYS; i++)
		key_wipe(&zone->keys[i]);
}

static bool
fill(struct zone *zone, const struct zone_options *options, struct err *err)
{
	zone->options = *options;
	if (zone->options.timeout_ms <= 0)
		zone->options.timeout_ms = ZONE_TIMEOUT_MS;
	if (zone->options.prove_ms <= 0)
		zone->options.prove_ms = ZONE_PROVE_MS;
	if (!zone->options.now)
		zone->options.now = real_seconds;
	zone->read.zone = zone->change.round.zone = zone;
	if (options->checks > ZONE_CHECKS)
		return err_set(err, ERR_INPUT, "at most %d servers are checked, not %u",
			       ZONE_CHECKS, options->checks);
	if (options->mores >= ZONE_ADDRESSES)
		return err_set(err, ERR_INPUT, "a primary has at most %d addresses",
			       ZONE_ADDRESSES);
	add_server(zone, &options->primary);
	zone->primary_at[zone->primaries++] = options->primary;
	for (unsigned i = 0; i < options->mores; i++)
		zone->primary_at[zone->primaries++] = options->more[i];
	for (unsigned i = 0; i < options->binds; i++)
		set_from(zone, options->bind[i].address);
	for (unsigned i = 0; i < options->checks; i++)
		add_server(zone, &options->check[i]);
	for (unsigned i = 0; i < zone->servers; i++)
		if (zone->addresses[i].ss_family != AF_INET &&
		    zone->addresses[i].ss_family != AF_INET6)
			return err_set(err, ERR_INPUT, "server %s has no address",
				       zone->views[i].name);
	if (options->key)
		zone->keys[zone->key_count++] = *options->key;
	if (options->key && options->second_key)
		zone->keys[zone->key_count++] = *options->second_key;
	return set_names(zone, options, err);
}

struct zone *
zone_new(const struct zone_options *options, struct err *err)
{
	struct zone *zone = calloc(1, sizeof(*zone));

	if (!zone) {
		err_set(err, ERR_SYSTEM, "no memory for a zone");
		return NULL;
	}
	if (!fill(zone, options, err)) {
		wipe_keys(zone);
		free(zone);
		return NULL;
	}
	uv_timer_init(options->loop, &zone->timer);
	zone->timer.data = zone;
	return zone;
}

static void
on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void
zone_free(struct zone *zone)
{
	if (!zone)
		return;
	zone_round_stop(&zone->read);
	zone_round_stop(&zone->change.round);
	exchange_free(zone->change.exchange);
	zone_turn_end(zone);
	wipe_keys(zone);
	uv_close((uv_handle_t *)&zone->timer, on_closed);
}

static void
on_read(struct zone *zone)
{
	if (zone->options.on_read)
		zone->options.on_read(zone->options.ctx);
}

static bool
has_checks(const struct zone *zone, const struct zone_server *check, unsigned checks)
{
	if (zone->servers != 1 + checks)
		return false;
	for (unsigned i = 0; i < checks; i++)
		if (memcmp(&zone->addresses[1 + i], &check[i].address, sizeof(check[i].address)) !=
			    0 ||
		    strcmp(zone->views[1 + i].name, check[i].name) != 0)
			return false;
	return true;
}

bool
zone_set_checks(struct zone *zone, const struct zone_server *check, unsigned checks)
{
	struct zone_view before[ZONE_OWN_SERVERS];
	struct sockaddr_storage at[ZONE_OWN_SERVERS];
	unsigned servers = zone->servers;

	if (has_checks(zone, check, checks))
		return true;
	if (zone_busy(zone) || checks > ZONE_CHECKS)
		return false;
	memcpy(before, zone->views, sizeof(before));
	memcpy(at, zone->addresses, sizeof(at));
	zone->servers = 1;
	for (unsigned i = 0; i < checks; i++) {
		struct zone_view *view = &zone->views[zone->servers];

		*view = (struct zone_view){ 0 };
		zone->newest[zone->servers] = 0;
		add_server(zone, &check[i]);
		for (unsigned j = 1; j < servers; j++)
			if (strcmp(before[j].name, view->name) == 0 &&
			    memcmp(&at[j], &check[i].address, sizeof(at[j])) == 0)
				*view = before[j];
	}
	return true;
}

void
zone_read(struct zone *zone)
{
	if (zone->read.open > 0)
		return;
	/* when it cannot start, the views say why and the next reading tries again */
	if (!zone_round_start(&zone->read, zone->servers, NULL, zone->options.timeout_ms, on_read))
		return;
}

bool
zone_busy(const struct zone *zone)
{
	return zone->read.open > 0 || zone->change.stage != ZONE_OWN_IDLE;
}

void
zone_clock_set(struct zone *zone, int64_t seconds)
{
	zone->read.asked += seconds;
	zone->change.round.asked += seconds;
	for (unsigned i = 0; i < zone->servers; i++) {
		zone->views[i].asked += zone->views[i].asked ? seconds : 0;
		zone->views[i].since += zone->views[i].since ? seconds : 0;
	}
}

unsigned
zone_servers(const struct zone *zone)
{
	return zone->servers;
}

const struct zone_view *
zone_view(const struct zone *zone, unsigned i)
{
	return &zone->views[i];
}
