#include "daemon/engine.h"

#include "daemon/base/when.h"
#include "daemon/record.h"
#include "daemon/tick.h"
#include "daemon/wall.h"

#include <stdlib.h>

#define TICK_MS 1000

struct parts { /* what a reload replaces */
	struct input *inputs[CONFIG_SOURCES];
	struct domain *domains[CONFIG_DOMAINS];
	struct gauge *gauges[CONFIG_COUNTERS];
	unsigned gauge_count;
	unsigned input_count, domain_count;
};

static void
free_parts(struct parts *parts)
{
	for (unsigned i = 0; i < parts->input_count; i++)
		input_free(parts->inputs[i]);
	for (unsigned i = 0; i < parts->domain_count; i++)
		domain_free(parts->domains[i]);
	for (unsigned i = 0; i < parts->gauge_count; i++)
		gauges_close(parts->gauges[i]);
}

static bool
open_parts(struct engine *engine, const struct config *config, struct parts *parts, struct err *err)
{
	int64_t now = wall_now(engine);

	*parts = (struct parts){ 0 };
	for (unsigned i = 0; i < config->source_count; i++, parts->input_count++) {
		parts->inputs[i] =
			input_open(&config->sources[i], engine->store, engine->loop, now, err);
		if (!parts->inputs[i])
			goto out;
		parts->inputs[i]->all = config;
		if (!company_listen(engine->company, config, parts->inputs[i], err)) {
			parts->input_count++;
			goto out;
		}
	}
	for (unsigned i = 0; i < config->domain_count; i++, parts->domain_count++) {
		parts->domains[i] = domain_open(engine, config, &config->domains[i], now, err);
		if (!parts->domains[i])
			goto out;
	}
	for (unsigned i = 0; i < config->counter_count; i++, parts->gauge_count++) {
		parts->gauges[i] = gauges_open(&engine->gauges, &config->counters[i], err);
		if (!parts->gauges[i])
			goto out;
	}
	return true;
out:
	free_parts(parts);
	return false;
}

/* Mail for a domain of ours: its sender's rhythm. */
static void
hear_mail(void *ctx, const struct event *event)
{
	struct engine *engine = ctx;

	for (unsigned i = 0; i < engine->domain_count; i++)
		if (span_equal(event->domain, span_of(engine->domains[i]->display)))
			rhythm_mail(&engine->domains[i]->rhythm, event->client,
				    event->time_us / WHEN_SECOND_US);
}

static void
put_parts(struct engine *engine, const struct parts *parts)
{
	memcpy(engine->inputs, parts->inputs, sizeof(engine->inputs));
	memcpy(engine->domains, parts->domains, sizeof(engine->domains));
	for (unsigned i = 0; i < parts->input_count; i++) {
		parts->inputs[i]->mail = hear_mail;
		parts->inputs[i]->mail_ctx = engine;
	}
	engine->input_count = parts->input_count;
	engine->domain_count = parts->domain_count;
	gauges_put(&engine->gauges, parts->gauges, parts->gauge_count);
}

static struct parts
get_parts(const struct engine *engine)
{
	struct parts parts;

	memcpy(parts.inputs, engine->inputs, sizeof(parts.inputs));
	memcpy(parts.domains, engine->domains, sizeof(parts.domains));
	parts.input_count = engine->input_count;
	parts.domain_count = engine->domain_count;
	memcpy(parts.gauges, engine->gauges.list, sizeof(parts.gauges));
	parts.gauge_count = engine->gauges.count;
	return parts;
}

bool
engine_build(struct engine *engine, struct config *config, struct err *err)
{
	struct parts parts;

	if (!open_parts(engine, config, &parts, err))
		return false;
	put_parts(engine, &parts);
	engine->config = config;
	return true;
}

#define LEFT_OUT 16 /* told at most */

struct left_out {
	struct engine *engine;
	unsigned count;
	struct {
		char name[SNAPSHOT_NAME];
		enum decide_state state;
	} list[LEFT_OUT];
};

static void
look_at_state(void *ctx, const char *name, struct span bytes)
{
	struct left_out *left_out = ctx;
	struct decide decide;

	if (left_out->count == LEFT_OUT || engine_domain(left_out->engine, name) ||
	    !decide_load(&decide, bytes.at, bytes.len) || decide.state == DECIDE_NORMAL)
		return;
	span_copy(span_of(name), left_out->list[left_out->count].name, SNAPSHOT_NAME);
	left_out->list[left_out->count++].state = decide.state;
}

bool
engine_find_left_out(struct engine *engine, struct err *err)
{
	struct left_out left_out = { .engine = engine };

	if (!store_state_each(engine->store, "decide", look_at_state, &left_out, err))
		return false;
	for (unsigned i = 0; i < left_out.count; i++) {
		const char *name = left_out.list[i].name;
		char set[2048] = "";
		size_t length = 0;

		if (!store_state_get(engine->store, name, "normal-set", set, sizeof(set) - 1,
				     &length, err))
			return false;
		set[length] = '\0';
		record(engine, JOURNAL_FAILURE, name, "",
		       "it is in state %s and not in the configuration: nothing will restore it; "
		       "configure it again, or restore it by hand to %s",
		       decide_state_name(left_out.list[i].state), set);
	}
	return true;
}

static void
on_timer(uv_timer_t *timer)
{
	tick(timer->data);
}

void
engine_start(struct engine *engine)
{
	uv_timer_init(engine->loop, &engine->tick);
	uv_timer_init(engine->loop, &engine->kick);
	uv_idle_init(engine->loop, &engine->turn);
	engine->tick.data = engine->kick.data = engine->turn.data = engine;
	uv_timer_start(&engine->tick, on_timer, 0, TICK_MS);
}

void
engine_kick(struct engine *engine)
{
	if (!engine->closing)
		uv_timer_start(&engine->kick, on_timer, 0, 0);
}

/* A domain that is not in ordinary times may be changed, but not forgotten. */
static bool
may_replace(const struct engine *engine, const struct config *config, struct err *err)
{
	for (unsigned i = 0; i < engine->domain_count; i++) {
		const struct domain *domain = engine->domains[i];
		const struct config_domain *next = NULL;

		if (domain->intent || domain->sent.count)
			return err_set(err, ERR_BUSY, "an update of %s is on its way; try again",
				       domain->display);
		for (unsigned j = 0; j < config->domain_count; j++)
			if (strcmp(config->domains[j].name, domain->config->name) == 0)
				next = &config->domains[j];
		if (domain->decide.state == DECIDE_NORMAL)
			continue;
		if (next && strcmp(next->server_name, domain->config->server_name) != 0)
			return err_set(err, ERR_REFUSED,
				       "%s is in state %s by server %s and can have another server "
				       "only when it is restored",
				       domain->display, decide_state_name(domain->decide.state),
				       domain->config->server_name);
		if (!next)
			return err_set(err, ERR_REFUSED,
				       "%s is in state %s and is not in the new configuration; "
				       "restore it first",
				       domain->display, decide_state_name(domain->decide.state));
	}
	return true;
}

bool
engine_reload(struct engine *engine, struct config *config, struct text *changes, struct err *err)
{
	struct parts old = get_parts(engine), new;
	struct config *old_config = engine->config;

	if (!may_replace(engine, config, err))
		return false;
	tick_last(engine); /* for the old parts: everything that they know is stored */
	engine->closing = false;
	if (engine->degraded[0])
		return err_set(err, ERR_SYSTEM, "the store takes nothing: %s", engine->degraded);
	if (!open_parts(engine, config, &new, err))
		return false;
	for (unsigned i = 0; i < old.input_count; i++)
		for (unsigned j = 0; j < new.input_count; j++)
			if (strcmp(old.inputs[i]->config->name, new.inputs[j]->config->name) == 0)
				input_inherit(new.inputs[j], old.inputs[i]);
	free_parts(&old);
	put_parts(engine, &new);
	engine->config = config;
	engine->reloads++;
	config_changes(old_config, config, changes);
	free(old_config);
	return true;
}

void
engine_stop(struct engine *engine)
{
	struct parts parts = get_parts(engine);

	tick_last(engine);
	uv_close((uv_handle_t *)&engine->turn, NULL);
	uv_close((uv_handle_t *)&engine->tick, NULL);
	uv_close((uv_handle_t *)&engine->kick, NULL);
	outbox_stop(engine);
	probes_stop(&engine->probes);
	ns_sets_stop(&engine->ns_sets);
	free_parts(&parts);
	engine->input_count = engine->domain_count = engine->gauges.count = 0;
	web_stop(engine->web);
	engine->web = NULL;
}

struct domain *
engine_domain(struct engine *engine, const char *name)
{
	for (unsigned i = 0; i < engine->domain_count; i++)
		if (strcmp(engine->domains[i]->display, name) == 0)
			return engine->domains[i];
	return NULL;
}
