#include "daemon/outbox_send.h"

#include "daemon/base/when.h"
#include "daemon/counters/trap.h"
#include "daemon/engine.h"
#include "daemon/sys/log.h"
#include "daemon/wall.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define SHAPES (CONFIG_DOMAINS * 2) /* alerts of one hook: surge and split of each domain */

/* The worker's until it has ended: nothing in it belongs to a configuration. */
struct outbox_send_post {
	uv_work_t work;
	struct outbox_slot *slot;
	struct config_hook hook;
	char id[64], since[WHEN_TEXT];
	unsigned count;
	struct shape list[SHAPES];
	char *payloads[SHAPES];
	struct webhook_wish wish;
	struct webhook_result result;
	int64_t number, up_seconds; /* of a trap */
};

static void
copy(char *out, size_t room, const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	span_copy(span_of(text ? text : ""), out, room);
}

/* What the slot has to know of a notice; `id` stays the same over all attempts. */
static void
read_facts(struct outbox_slot *slot, const struct store_outbox_item *item, char id[64])
{
	json_t *object = json_loads(item->payload, 0, NULL);
	char time[WHEN_TEXT];
	int64_t time_us = 0;

	copy(slot->kind, sizeof(slot->kind), object, "kind");
	copy(slot->domain, sizeof(slot->domain), object, "domain");
	copy(time, sizeof(time), object, "time");
	if (!when_parse_rfc3339(span_of(time), &time_us))
		time_us = 0;
	snprintf(id, 64, "%lld-%lld", (long long)item->journal_id, (long long)time_us);
	json_decref(object);
}

static void
program_ended(void *ctx, const struct hook_result *result)
{
	struct outbox_slot *slot = ctx;

	slot->run = NULL;
	outbox_ended(slot, result->ok ? OUTBOX_TOLD : OUTBOX_LATER, result->why, result->output, 0);
}

static void
run_program(struct outbox_slot *slot, const struct config_hook *hook,
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

	snprintf(kind, sizeof(kind), "MXSPLIT_KIND=%s", slot->kind);
	snprintf(domain, sizeof(domain), "MXSPLIT_DOMAIN=%s", slot->domain);
	snprintf(id, sizeof(id), "MXSPLIT_ID=%lld", (long long)item->journal_id);
	snprintf(attempt, sizeof(attempt), "MXSPLIT_ATTEMPT=%u", item->attempts + 1);
	slot->run = hook_start(slot->engine->loop, &job, program_ended, slot, &err);
	if (!slot->run)
		outbox_ended(slot, OUTBOX_LATER, err.text, "", 0);
}

static void
free_post(struct outbox_send_post *post)
{
	for (unsigned i = 0; i < post->count; i++)
		free(post->payloads[i]);
	free(post);
}

static void
trap_now(struct outbox_send_post *post)
{
	json_t *object = json_loads(post->payloads[0], 0, NULL);
	char kind[32], domain[JOURNAL_DOMAIN], sentence[JOURNAL_TEXT];
	struct trap trap = { .address = post->hook.trap,
			     .secret_file = post->hook.secret_file,
			     .timeout_us = post->hook.timeout * WHEN_SECOND_US,
			     .id = post->number,
			     .up_seconds = post->up_seconds,
			     .kind = kind,
			     .domain = domain,
			     .text = sentence };
	struct err err = { 0 };
	struct text why = TEXT(post->result.why);

	copy(kind, sizeof(kind), object, "kind");
	copy(domain, sizeof(domain), object, "domain");
	copy(sentence, sizeof(sentence), object, "text");
	post->result.answer = trap_send(&trap, &err) ? NOTICE_TOLD : NOTICE_LATER;
	text_add(&why, "%s", err.text);
	json_decref(object);
}

/* On a worker thread: touches only what the worker has. */
static void
post_now(uv_work_t *work)
{
	struct outbox_send_post *post = work->data;

	if (*post->hook.trap)
		trap_now(post);
	else
		webhook_send(&post->wish, &post->result);
}

static void
was_posted(uv_work_t *work, int status)
{
	static const enum outbox_end ends[] = { [NOTICE_TOLD] = OUTBOX_TOLD,
						[NOTICE_LATER] = OUTBOX_LATER,
						[NOTICE_REFUSED] = OUTBOX_DEAD };
	struct outbox_send_post *post = work->data;
	struct outbox_slot *slot = post->slot;

	(void)status;
	slot->post = NULL;
	slot->engine->outbox.posts--;
	if (!post->result.given_up)
		outbox_ended(slot, ends[post->result.answer], post->result.why, "",
			     post->result.retry_after);
	free_post(post);
}

static bool
add_payload(struct outbox_send_post *post, struct span payload, const char *since)
{
	char *copied = post->count < SHAPES ? strndup(payload.at, payload.len) : NULL;

	if (!copied)
		return false;
	post->payloads[post->count] = copied;
	post->list[post->count++] = (struct shape){ copied, since };
	return true;
}

static void
start_post(struct outbox_send_post *post)
{
	struct outbox_slot *slot = post->slot;
	struct engine *engine = slot->engine;

	post->wish = (struct webhook_wish){ .url = post->hook.url,
					    .format = post->hook.format,
					    .secret_file = post->hook.secret_file,
					    .ca_file = post->hook.ca_file,
					    .list = post->list,
					    .count = post->count,
					    .id = post->id,
					    .timestamp = wall_now(engine),
					    .timeout_ms = post->hook.timeout * 1000,
					    .give_up = &engine->outbox.give_up };
	post->work.data = post;
	if (uv_queue_work(engine->loop, &post->work, post_now, was_posted) != 0) {
		free_post(post);
		return; /* tried again with the next tick */
	}
	slot->post = post;
	engine->outbox.posts++;
}

static struct outbox_send_post *
make_post(struct outbox_slot *slot, const struct config_hook *hook)
{
	struct outbox_send_post *post = calloc(1, sizeof(*post));

	if (post) {
		post->slot = slot;
		post->hook = *hook;
	}
	return post;
}

/* When the alert began that this notice ends, if the hook was told of it. */
static void
read_since(const struct store_hooks_alert *alert, char out[WHEN_TEXT])
{
	json_t *object = alert->firing ? json_loads(alert->payload, 0, NULL) : NULL;

	copy(out, WHEN_TEXT, object, "time");
	json_decref(object);
}

/* What was told of this alert before; false when the store cannot say. */
static bool
read_alert(struct outbox_slot *slot, struct store_hooks_alert *out)
{
	struct notice_meaning meaning = notice_meaning(span_of(slot->kind));
	struct err err = { 0 };

	out->item = 0;
	out->firing = false;
	if (!slot->keeps || meaning.phase == NOTICE_EVENT ||
	    store_hooks_alert(slot->engine->store, slot->hook, slot->domain, meaning.alert, out,
			      &err))
		return true;
	log_event(LOG_LEVEL_ERROR, "hook", slot->domain, err.text);
	return false;
}

static void
post_item(struct outbox_slot *slot, const struct config_hook *hook,
	  const struct store_outbox_item *item, const char *id)
{
	struct outbox_send_post *post;
	struct store_hooks_alert alert;

	if (!read_alert(slot, &alert))
		return;
	if (alert.item > item->id) { /* a dead letter that was overtaken */
		slot->keeps = false;
		outbox_ended(slot, OUTBOX_TOLD, "", "", 0);
		return;
	}
	post = make_post(slot, hook);
	if (!post)
		return;
	read_since(&alert, post->since);
	post->number = item->journal_id;
	post->up_seconds = wall_now(slot->engine) - slot->engine->started;
	if (*hook->trap)
		trap_prepare();
	snprintf(post->id, sizeof(post->id), "%s", id);
	if (add_payload(post, span_of(item->payload), post->since))
		start_post(post);
	else
		free_post(post);
}

void
outbox_send(struct outbox_slot *slot, const struct config_hook *hook,
	    const struct store_outbox_item *item)
{
	char id[64];

	read_facts(slot, item, id);
	slot->item = item->id;
	slot->attempts = item->attempts;
	slot->test = item->test;
	slot->keeps = *hook->url &&
		      (hook->format == NOTICE_ALERTMANAGER || hook->format == NOTICE_PAGERDUTY);
	if (*hook->url || *hook->trap)
		post_item(slot, hook, item, id);
	else
		run_program(slot, hook, item);
}

static void
collect(void *ctx, struct span payload)
{
	struct outbox_send_post *post = ctx;

	if (!add_payload(post, payload, NULL))
		log_event(LOG_LEVEL_ERROR, "hook", "", "an alert had no room");
}

void
outbox_send_again(struct outbox_slot *slot, const struct config_hook *hook)
{
	struct outbox_send_post *post = make_post(slot, hook);
	struct err err = { 0 };

	if (!post)
		return;
	slot->item = 0;
	snprintf(post->id, sizeof(post->id), "again");
	if (!store_hooks_firing(slot->engine->store, slot->hook, collect, post, &err))
		log_event(LOG_LEVEL_ERROR, "hook", "", err.text);
	else if (post->count) {
		start_post(post);
		return;
	}
	free_post(post);
}
