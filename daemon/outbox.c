#include "daemon/outbox.h"

#include "daemon/base/when.h"
#include "daemon/engine.h"
#include "daemon/record.h"
#include "daemon/sys/log.h"
#include "daemon/wall.h"

#include <jansson.h>
#include <stdio.h>

#define GIVE_UP_AFTER 200 /* attempts; at 15 minutes' pause about two days */

/* The end of a run comes into the store. When that takes nothing it is tried again, not the hook.
 */
static bool
settle(struct outbox_slot *slot, int64_t now)
{
	struct store *store = slot->engine->store;
	struct err err = { 0 };
	bool was = slot->unsettled;

	slot->unsettled = !(slot->told ? store_outbox_done(store, slot->item, now, &err)
				       : store_outbox_retry(store, slot->item, slot->not_before,
							    slot->why, &err));
	if (slot->unsettled && !was)
		log_event(LOG_LEVEL_ERROR, "hook", slot->domain, err.text);
	return !slot->unsettled;
}

static void
finished(void *ctx, const struct hook_result *result)
{
	struct outbox_slot *slot = ctx;
	struct engine *engine = slot->engine;
	int64_t now = wall_now(engine);

	slot->run = NULL;
	slot->told = result->ok;
	slot->not_before = now + hook_backoff(slot->attempts + 1);
	span_copy(span_of(result->why), slot->why, sizeof(slot->why));
	settle(slot, now);
	if (!result->ok && slot->attempts == 0)
		record(engine, JOURNAL_HOOK, slot->domain, "", "hook %s failed: %s%s%s", slot->hook,
		       result->why, result->output[0] ? "; it said: " : "", result->output);
	engine_kick(engine);
}

/* The facts of a notice for shell programs, beside the JSON on standard input. */
static void
facts(struct outbox_slot *slot, const struct store_outbox_item *item)
{
	json_t *object = json_loads(item->payload, 0, NULL);
	const char *kind = json_string_value(json_object_get(object, "kind"));
	const char *domain = json_string_value(json_object_get(object, "domain"));

	snprintf(slot->kind, sizeof(slot->kind), "%s", kind ? kind : "");
	snprintf(slot->domain, sizeof(slot->domain), "%s", domain ? domain : "");
	json_decref(object);
}

static void
start(struct outbox_slot *slot, const struct config_hook *hook,
      const struct store_outbox_item *item)
{
	char kind[64], domain[300], id[64], attempt[64];
	const char *env[] = { kind, domain, id, attempt, NULL };
	struct hook_job job = { .argv = hook->run_argv,
				.json = item->payload,
				.env = env,
				.term_ms = hook->timeout * 1000,
				.kill_ms = hook->timeout * 1500 };
	struct err err = { 0 };

	facts(slot, item);
	snprintf(kind, sizeof(kind), "MXSPLIT_KIND=%s", slot->kind);
	snprintf(domain, sizeof(domain), "MXSPLIT_DOMAIN=%s", slot->domain);
	snprintf(id, sizeof(id), "MXSPLIT_ID=%lld", (long long)item->journal_id);
	snprintf(attempt, sizeof(attempt), "MXSPLIT_ATTEMPT=%u", item->attempts + 1);
	slot->item = item->id;
	slot->attempts = item->attempts;
	slot->run = hook_start(slot->engine->loop, &job, finished, slot, &err);
	if (!slot->run) {
		struct hook_result result = { 0 };

		span_copy(span_of(err.text), result.why, sizeof(result.why));
		finished(slot, &result);
	}
}

static bool
configured(const struct config *config, const char *hook)
{
	for (unsigned i = 0; i < config->hook_count; i++)
		if (strcmp(config->hooks[i].name, hook) == 0)
			return true;
	return false;
}

/* The slot of this hook, or one that a hook of an earlier configuration has left. */
static struct outbox_slot *
slot_of(struct engine *engine, const char *hook)
{
	struct outbox_slot *slots = engine->outbox.slots;

	for (unsigned i = 0; i < CONFIG_HOOKS; i++)
		if (strcmp(slots[i].hook, hook) == 0)
			return &slots[i];
	for (unsigned i = 0; i < CONFIG_HOOKS; i++)
		if (!slots[i].run && !slots[i].unsettled &&
		    !configured(engine->config, slots[i].hook)) {
			slots[i].engine = engine;
			span_copy(span_of(hook), slots[i].hook, sizeof(slots[i].hook));
			return &slots[i];
		}
	return NULL;
}

void
outbox_pump(struct engine *engine, int64_t now)
{
	const struct config *config = engine->config;
	struct err err = { 0 };

	for (unsigned i = 0; i < CONFIG_HOOKS; i++)
		if (engine->outbox.slots[i].unsettled)
			settle(&engine->outbox.slots[i], now);
	for (unsigned i = 0; i < config->hook_count; i++) {
		struct outbox_slot *slot = slot_of(engine, config->hooks[i].name);
		struct store_outbox_item item;
		bool found = false;

		if (!slot || slot->run || slot->unsettled)
			continue;
		if (!store_outbox_next(engine->store, slot->hook, now, &found, &item, &err)) {
			log_event(LOG_LEVEL_ERROR, "hook", "", err.text);
			return;
		}
		if (!found)
			continue;
		if (item.attempts < GIVE_UP_AFTER) {
			start(slot, &config->hooks[i], &item);
			continue;
		}
		record(engine, JOURNAL_FAILURE, "", "",
		       "hook %s: notice %lld given up after %u attempts", slot->hook,
		       (long long)item.journal_id, item.attempts);
		if (!store_outbox_done(engine->store, item.id, now, &err))
			log_event(LOG_LEVEL_ERROR, "hook", "", err.text);
	}
	if (!store_outbox_waiting(engine->store, &engine->outbox.waiting, &engine->outbox.failed,
				  &err))
		log_event(LOG_LEVEL_ERROR, "hook", "", err.text);
}

void
outbox_stop(struct engine *engine)
{
	for (unsigned i = 0; i < CONFIG_HOOKS; i++) {
		hook_cancel(engine->outbox.slots[i].run);
		engine->outbox.slots[i].run = NULL;
	}
}
