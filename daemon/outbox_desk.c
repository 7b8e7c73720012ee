#include "daemon/outbox_desk.h"

#include "daemon/base/when.h"
#include "daemon/conf/config_url.h"
#include "daemon/engine.h"
#include "daemon/record.h"
#include "daemon/sys/clock.h"
#include "daemon/wall.h"

#include <jansson.h>
#include <stdlib.h>

static void
show_how(const struct config_hook *hook, struct text *text)
{
	if (hook->run_count) {
		text_add(text, "run ");
		text_add_scrubbed(text, span_of(hook->run[0]));
		return;
	}
	if (*hook->trap) {
		text_add(text, "SNMP to %s", hook->trap);
		return;
	}
	text_add(text, "%s to ", notice_format_name(hook->format));
	config_url_show(hook->url, text);
}

static void
copy(char *out, size_t room, const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	struct text text = text_over(out, room);

	text_add_scrubbed(&text, span_of(value ? value : ""));
}

/* What it tells. */
static void
show_notice(struct span payload, struct notice_dead *out)
{
	json_t *notice = json_loadb(payload.at, payload.len, 0, NULL);

	copy(out->kind, sizeof(out->kind), notice, "kind");
	copy(out->domain, sizeof(out->domain), notice, "domain");
	copy(out->text, sizeof(out->text), notice, "text");
	json_decref(notice);
}

static bool
show_first(struct engine *engine, struct notice_hook *hook, struct err *err)
{
	struct store_outbox_item item;
	bool found = false;

	if (!store_outbox_next(engine->store, hook->name, INT64_MAX, &found, &item, err))
		return false;
	if (!found)
		return true;
	hook->first = (struct notice_dead){ .item = item.id,
					    .since = item.added,
					    .attempts = item.attempts };
	show_notice(span_of(item.payload), &hook->first);
	hook->next_try = item.not_before > wall_now(engine) ? item.not_before : 0;
	return true;
}

static void
show_dead(void *ctx, const struct store_outbox_dead *dead)
{
	struct notice_hook *hook = ctx;
	struct notice_dead *out;
	struct text why;

	if (hook->shown == NOTICE_DEAD)
		return;
	out = &hook->list[hook->shown++];
	*out = (struct notice_dead){ .item = dead->id,
				     .since = dead->since,
				     .attempts = dead->attempts };
	why = TEXT(out->why);
	text_add_scrubbed(&why, dead->why);
	show_notice(dead->payload, out);
}

static void
show_results(const struct engine *engine, const char *hook, uint64_t out[NOTICE_RESULTS])
{
	const struct outbox_slot *slots = engine->outbox.slots;

	for (unsigned i = 0; i < CONFIG_HOOKS; i++)
		if (strcmp(slots[i].hook, hook) == 0)
			memcpy(out, slots[i].results, sizeof(slots[i].results));
}

bool
outbox_desk_show(struct engine *engine, unsigned index, struct notice_hook *out, bool *found_out,
		 struct err *err)
{
	const struct config_hook *hook = &engine->config->hooks[index];
	struct store_hooks_state state;
	struct text how;

	*found_out = index < engine->config->hook_count;
	if (!*found_out)
		return true;
	if (!store_hooks_state(engine->store, hook->name, &state, err))
		return false;
	*out = (struct notice_hook){ .waiting = state.waiting,
				     .dead = state.dead,
				     .failing = state.failing,
				     .told = state.told_at,
				     .told_item = state.told,
				     .failed = state.failed_at,
				     .failed_item = state.failed };
	span_copy(span_of(hook->name), out->name, sizeof(out->name));
	span_copy(span_of(state.why), out->why, sizeof(out->why));
	how = TEXT(out->how);
	show_how(hook, &how);
	show_results(engine, hook->name, out->results);
	return show_first(engine, out, err) &&
	       store_outbox_dead(engine->store, hook->name, NOTICE_DEAD, show_dead, out, err);
}

static bool
known(const struct engine *engine, const char *hook, struct err *err)
{
	for (unsigned i = 0; i < engine->config->hook_count; i++)
		if (strcmp(engine->config->hooks[i].name, hook) == 0)
			return true;
	return err_set(err, ERR_INPUT, "no hook '%s' is configured", hook);
}

bool
outbox_desk_resend(struct engine *engine, const char *hook, const char *by, unsigned *count_out,
		   struct err *err)
{
	unsigned count = 0;

	if (!known(engine, hook, err) || !store_outbox_resend(engine->store, hook, &count, err))
		return false;
	if (count)
		record(engine, JOURNAL_HOOK, "", "",
		       "%u dead letter%s of hook %s sent again, by %s", count,
		       count == 1 ? "" : "s", hook, by);
	engine_kick(engine);
	*count_out = count;
	return true;
}

/* The journal's entry is the notice. */
static bool
add_test(struct engine *engine, const char *hook, struct journal_entry *entry, int64_t now,
	 int64_t *item_out, struct err *err)
{
	char *payload;
	bool ok = store_journal_add(engine->store, entry, err);

	payload = ok ? record_notice(entry, NOTICE_TEST) : NULL;
	if (ok && !payload)
		ok = err_set(err, ERR_SYSTEM, "out of memory");
	ok = ok && store_outbox_put(engine->store, hook, entry->id, payload, true, now, err);
	*item_out = store_outbox_last(engine->store);
	free(payload);
	return ok;
}

bool
outbox_desk_test(struct engine *engine, const char *hook, const char *by, int64_t *item_out,
		 struct err *err)
{
	struct journal_entry entry = { .time_us = clock_now_us(), .kind = JOURNAL_HOOK };
	struct text text = TEXT(entry.text);
	int64_t item = 0, now = wall_now(engine);

	text_add(&text, "a test of hook %s, asked for by ", hook);
	text_add_scrubbed(&text, span_of(by));
	if (!known(engine, hook, err) || !store_begin(engine->store, err))
		return false;
	if (!add_test(engine, hook, &entry, now, &item, err)) {
		store_rollback(engine->store);
		return false;
	}
	if (!store_commit(engine->store, err))
		return false;
	engine_kick(engine);
	*item_out = item;
	return true;
}
