#include "daemon/outbox.h"

#include "daemon/base/when.h"
#include "daemon/engine.h"
#include "daemon/outbox_send.h"
#include "daemon/record.h"
#include "daemon/sys/clock.h"
#include "daemon/sys/log.h"
#include "daemon/wall.h"

#include <stdio.h>

#define GIVE_UP_AFTER 200 /* attempts; at 15 minutes' pause about two days */
#define AGAIN 60	  /* seconds: Alertmanager forgets what is not said again */

static struct notice_meaning
meaning_of(const struct outbox_slot *slot)
{
	return notice_meaning(span_of(slot->kind));
}

/* What was told of an alert that begins and ends is noted with it. */
static bool
store_told(struct outbox_slot *slot, int64_t now, struct err *err)
{
	struct store *store = slot->engine->store;
	struct notice_meaning meaning = meaning_of(slot);

	return (!slot->keeps || meaning.phase == NOTICE_EVENT ||
		store_hooks_note(store, slot->item, slot->domain, meaning.alert,
				 meaning.phase == NOTICE_FIRING, err)) &&
	       store_outbox_done(store, slot->item, now, err) &&
	       store_hooks_told(store, slot->hook, slot->item, now, err);
}

/* An end that could not be told is not contradicted either: the alert is not said again. */
static bool
store_dead(struct outbox_slot *slot, int64_t now, struct err *err)
{
	struct store *store = slot->engine->store;
	struct notice_meaning meaning = meaning_of(slot);

	if (slot->test)
		return store_outbox_done(store, slot->item, now, err);
	return store_outbox_give_up(store, slot->item, now, slot->why, err) &&
	       (!slot->keeps || meaning.phase != NOTICE_RESOLVED ||
		store_hooks_quiet(store, slot->hook, slot->domain, meaning.alert, err));
}

static bool
store_end(struct outbox_slot *slot, int64_t now, struct err *err)
{
	struct store *store = slot->engine->store;
	bool ok = false;

	switch (slot->end) {
	case OUTBOX_TOLD:
		return store_told(slot, now, err);
	case OUTBOX_LATER:
		ok = store_outbox_retry(store, slot->item, slot->not_before, slot->why, err);
		break;
	case OUTBOX_DEAD:
		ok = store_dead(slot, now, err);
		break;
	}
	return ok && store_hooks_failed(store, slot->hook, slot->item, now, slot->why, err);
}

/* The end of a run comes into the store. When that takes nothing it is tried again, not the hook.
 */
static bool
settle(struct outbox_slot *slot, int64_t now)
{
	struct store *store = slot->engine->store;
	struct err err = { 0 };
	bool was = slot->unsettled;

	slot->unsettled = true;
	if (store_begin(store, &err)) {
		if (!store_end(slot, now, &err))
			store_rollback(store);
		else
			slot->unsettled = !store_commit(store, &err);
	}
	if (slot->unsettled && !was)
		log_event(LOG_LEVEL_ERROR, "hook", slot->domain, err.text);
	return !slot->unsettled;
}

/*
 * People are told of the first attempt that fails, and of a dead letter. That is a failure once,
 * until the hook is told something again: a failure is a notice itself, perhaps to this very hook.
 */
static void
tell(struct outbox_slot *slot, const char *said)
{
	bool dead = slot->end == OUTBOX_DEAD && !slot->test;

	if (slot->end == OUTBOX_TOLD)
		slot->deaf = false;
	else if (dead)
		record(slot->engine, slot->deaf ? JOURNAL_HOOK : JOURNAL_FAILURE, "", "",
		       "hook %s could not be told of '%s'%s%s: %s; 'mxsplitctl hooks resend %s' "
		       "sends it again",
		       slot->hook, slot->kind, *slot->domain ? " of " : "", slot->domain, slot->why,
		       slot->hook);
	else if (slot->attempts == 0)
		record(slot->engine, JOURNAL_HOOK, slot->domain, "", "hook %s failed: %s%s%s",
		       slot->hook, slot->why, *said ? "; it said: " : "", said);
	slot->deaf = slot->deaf || dead;
}

/* Only a failure to say again what is firing is worth a word. */
static void
said_again(struct outbox_slot *slot, enum outbox_end end, const char *why)
{
	struct err err = { 0 };

	if (end != OUTBOX_TOLD && !store_hooks_failed(slot->engine->store, slot->hook, 0,
						      wall_now(slot->engine), why, &err))
		log_event(LOG_LEVEL_ERROR, "hook", "", err.text);
}

void
outbox_ended(struct outbox_slot *slot, enum outbox_end end, const char *why, const char *said,
	     int64_t retry_after)
{
	int64_t now = wall_now(slot->engine), pause = hook_backoff(slot->attempts + 1);
	struct text text = TEXT(slot->why);

	if (slot->item == 0) {
		said_again(slot, end, why);
		return;
	}
	if (end == OUTBOX_LATER && (slot->test || slot->attempts + 1 >= GIVE_UP_AFTER))
		end = OUTBOX_DEAD;
	slot->end = end;
	slot->results[end]++;
	slot->not_before = now + (retry_after > pause ? retry_after : pause);
	text_add_scrubbed(&text, span_of(why));
	settle(slot, now);
	tell(slot, said);
	engine_kick(slot->engine);
}

static const struct config_hook *
configured(const struct config *config, const char *hook)
{
	for (unsigned i = 0; i < config->hook_count; i++)
		if (strcmp(config->hooks[i].name, hook) == 0)
			return &config->hooks[i];
	return NULL;
}

static bool
busy(const struct outbox_slot *slot)
{
	return slot->run || slot->post || slot->unsettled;
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
		if (!busy(&slots[i]) && !configured(engine->config, slots[i].hook)) {
			slots[i] = (struct outbox_slot){ .engine = engine };
			span_copy(span_of(hook), slots[i].hook, sizeof(slots[i].hook));
			return &slots[i];
		}
	return NULL;
}

/* What is firing is said again once a minute, when there is nothing new. */
static void
say_again(struct outbox_slot *slot, const struct config_hook *hook)
{
	int64_t now_us = clock_steady_us();

	if (!*hook->url || hook->format != NOTICE_ALERTMANAGER || slot->again_us > now_us)
		return;
	slot->again_us = now_us + AGAIN * WHEN_SECOND_US;
	outbox_send_again(slot, hook);
}

static bool
give_next(struct engine *engine, const struct config_hook *hook, int64_t now, struct err *err)
{
	struct outbox_slot *slot = slot_of(engine, hook->name);
	struct store_outbox_item item;
	bool found = false;

	if (!slot || busy(slot) || (!hook->run_count && engine->outbox.posts >= OUTBOX_SEND_POSTS))
		return true;
	if (!store_outbox_next(engine->store, slot->hook, now, &found, &item, err))
		return false;
	if (found)
		outbox_send(slot, hook, &item);
	else
		say_again(slot, hook);
	return true;
}

struct names {
	const struct config *config;
	unsigned count;
	char stale[CONFIG_HOOKS][NOTICE_HOOK];
};

static void
look_at(void *ctx, struct span name)
{
	struct names *names = ctx;
	char hook[NOTICE_HOOK];
	const struct config_hook *found;

	if (names->count == CONFIG_HOOKS || !span_copy(name, hook, sizeof(hook)))
		return;
	found = configured(names->config, hook);
	if (!found || !*found->url)
		memcpy(names->stale[names->count++], hook, sizeof(hook));
}

/* A hook that was taken out of the configuration misses the ends of its alerts. */
static bool
forget_stale(struct engine *engine, struct err *err)
{
	struct names names = { .config = engine->config };

	if (!store_hooks_each(engine->store, look_at, &names, err))
		return false;
	for (unsigned i = 0; i < names.count; i++)
		if (!store_hooks_quiet(engine->store, names.stale[i], "", NULL, err))
			return false;
	engine->outbox.config = engine->config;
	return true;
}

void
outbox_pump(struct engine *engine, int64_t now)
{
	struct outbox *outbox = &engine->outbox;
	const struct config *config = engine->config;
	struct err err = { 0 };
	bool ok = outbox->config == config || forget_stale(engine, &err);

	for (unsigned i = 0; i < CONFIG_HOOKS; i++)
		if (outbox->slots[i].unsettled)
			settle(&outbox->slots[i], now);
	outbox->first++;
	for (unsigned i = 0; ok && i < config->hook_count; i++)
		ok = give_next(engine, &config->hooks[(outbox->first + i) % config->hook_count],
			       now, &err);
	if (!ok || !store_outbox_waiting(engine->store, &outbox->waiting, &outbox->failed, &err))
		log_event(LOG_LEVEL_ERROR, "hook", "", err.text);
}

void
outbox_stop(struct engine *engine)
{
	atomic_store(&engine->outbox.give_up, true);
	for (unsigned i = 0; i < CONFIG_HOOKS; i++) {
		hook_cancel(engine->outbox.slots[i].run);
		engine->outbox.slots[i].run = NULL;
	}
}
