#include "daemon/core/classify_own.h"

#include "daemon/core/hash.h"
#include "daemon/core/parse_address.h"
#include "daemon/core/parse_tag.h"
#include "daemon/core/swar.h"

#include <stdlib.h>

struct classify *
classify_new(const struct classify_options *options)
{
	struct classify *classify = calloc(1, sizeof(*classify));

	if (!classify)
		return NULL;
	classify->options = *options;
	if (!classify->options.default_domain[0])
		span_copy(SPAN("(none)"), classify->options.default_domain, CLASSIFY_DOMAIN);
	classify->default_key = hash_span(span_of(classify->options.default_domain), 2) | 1;
	classify->ids = open_ids_new(options->max_open ? options->max_open : CLASSIFY_MAX_OPEN);
	if (options->senders)
		classify->senders = senders_new();
	if (classify->ids && (classify->senders || !options->senders))
		return classify;
	classify_free(classify);
	return NULL;
}

void
classify_free(struct classify *classify)
{
	if (!classify)
		return;
	open_ids_free(classify->ids);
	senders_free(classify->senders);
	free(classify);
}

struct open_ids *
classify_open_ids(const struct classify *classify)
{
	return classify->ids;
}

uint64_t
classify_dropped(const struct classify *classify)
{
	return classify->dropped;
}

static __attribute__((noinline)) struct span
another_domain(struct classify *classify, struct span recipient)
{
	struct span raw = parse_address_domain(recipient);
	struct span domain = parse_address_lower(raw, classify->domain, sizeof(classify->domain));

	classify->raw_len = 0;
	if (domain.at == classify->domain && raw.len <= sizeof(classify->raw)) {
		memcpy(classify->raw, raw.at, raw.len);
		classify->raw_len = raw.len;
		classify->domain_len = domain.len;
	}
	return domain;
}

/* Most recipients have the domain of the one before. */
struct span
classify_domain(struct classify *classify, struct span recipient)
{
	size_t known = classify->raw_len;

	if (known && recipient.len > known && recipient.at[recipient.len - known - 1] == '@' &&
	    hash_same(recipient.at + recipient.len - known, classify->raw, known))
		return (struct span){ classify->domain, classify->domain_len };
	return another_domain(classify, recipient);
}

void
classify_event(struct event *event, const struct envelope *envelope, const struct record *record,
	       enum event_kind kind)
{
	swar_zero(event, sizeof(*event));
	event->time_us = envelope->time_us;
	event->kind = kind;
	event->count = envelope->repeat;
	event->client = record->client;
	event->queue_id = record->queue_id;
	event->status = record->status;
	event->unknown_user = record->unknown_user;
}

void
classify_event_of_open(struct event *event, const struct open_facts *facts, enum event_kind kind)
{
	swar_zero(event, sizeof(*event));
	event->time_us = facts->queued_us;
	event->kind = kind;
	event->count = 1;
	event->client = (struct span){ facts->text, facts->text_len };
	event->queue_id = (struct span){ facts->id, facts->id_len };
}

void
classify_give(const struct classify *classify, const struct event *event)
{
	classify->sink(classify->ctx, event);
}

/* A message that is in the queue gets its domain (empty: it will not be known any more). */
static void
settle(const struct classify *classify, const struct open_id *open, struct span domain,
       struct span recipient)
{
	const struct open_facts *facts = &open->facts;
	struct event event;

	classify_event_of_open(&event, facts,
			       facts->null_sender ? EVENT_BOUNCE_ACCEPTED : EVENT_MAIL_ACCEPTED);
	event.domain = domain;
	event.tagged = facts->null_sender && parse_tag(recipient);
	if (facts->counted_for) {
		struct span counted = span_of(classify->options.default_domain);

		if (domain.len == 0 || facts->counted_for != classify->default_key)
			return;
		if (!span_equal(domain, counted)) {
			event.moved = true;
			event.moved_from = counted;
			event.moved_kind = event.kind;
			event.moved_time_us = facts->queued_us;
		} else if (event.tagged) {
			event.count = 0;
		} else {
			return;
		}
	}
	classify_give(classify, &event);
}

void
classify_let_go(struct classify *classify, struct open_id *open)
{
	if (open->facts.pending)
		classify_refused_unknown(classify, open);
	else if (open->facts.queued && !open->facts.settled)
		settle(classify, open, (struct span){ 0 }, (struct span){ 0 });
	open_ids_remove(classify->ids, open);
}

static void
make_room(struct classify *classify, int64_t now_us)
{
	struct open_id *oldest = open_ids_oldest(classify->ids);

	while (oldest && now_us - oldest->facts.opened_us > CLASSIFY_MAX_AGE_US) {
		classify_let_go(classify, oldest);
		oldest = open_ids_oldest(classify->ids);
	}
	if (oldest && open_ids_full(classify->ids)) {
		classify->dropped += !oldest->facts.settled;
		classify_let_go(classify, oldest);
	}
}

struct open_id *
classify_find(const struct classify *classify, const struct envelope *envelope, struct span id)
{
	return open_ids_find(classify->ids, envelope->host_key, envelope->program->group_key, id,
			     false);
}

struct open_id *
classify_open(struct classify *classify, const struct envelope *envelope, uint32_t group,
	      struct span id, uint32_t session, const char **joined_out)
{
	struct open_id *open = open_ids_find(classify->ids, envelope->host_key, group, id, true);

	if (open) /* the id is used again: what it was before is over */
		classify_let_go(classify, open);
	make_room(classify, envelope->time_us);
	open = open_ids_add(classify->ids, envelope->host_key, group, id, session,
			    envelope->time_us);
	if (!open) {
		classify->dropped++;
		*joined_out = "there is no room to remember it";
	}
	return open;
}

/* A filter may have it, and give it back to one recipient after the other. */
static bool
may_come_back(const struct open_id *open)
{
	return open->facts.ends && open->facts.message_id && !open->facts.loopback;
}

void
classify_settle(struct classify *classify, struct open_id *open, struct span domain,
		struct span recipient)
{
	settle(classify, open, domain, recipient);
	if (open->facts.session || may_come_back(open)) {
		open->facts.settled = true;
		open->changed = true;
	} else {
		open_ids_remove(classify->ids, open);
	}
}

void
classify_put_text(struct open_id *open, struct span text)
{
	open->facts.text_len = (uint8_t)(text.len <= OPEN_IDS_TEXT ? text.len : 0);
	if (open->facts.text_len)
		hash_copy(open->facts.text, text.at, text.len);
}

static const char *
take_plain(struct classify *classify, const struct envelope *envelope, const struct record *record)
{
	static const enum event_kind kinds[] = { [RECORD_RETURNED] = EVENT_DELIVERY_FAILED,
						 [RECORD_PRESSURE] = EVENT_PRESSURE,
						 [RECORD_GAP] = EVENT_GAP };
	struct event event;

	classify_event(&event, envelope, record, kinds[record->kind]);
	classify_give(classify, &event);
	return NULL;
}

static const char *
take_nothing(struct classify *classify, const struct envelope *envelope,
	     const struct record *record)
{
	(void)classify, (void)envelope, (void)record;
	return NULL;
}

static classify_step *const steps[] = {
	[RECORD_OTHER] = take_nothing,
	[RECORD_BROKEN] = take_nothing,
	[RECORD_CONNECTED] = classify_message_end_session, /* the end before it was lost */
	[RECORD_DISCONNECTED] = classify_message_end_session,
	[RECORD_CLIENT] = classify_message_client,
	[RECORD_ARRIVED] = classify_message_arrived,
	[RECORD_MESSAGE_ID] = classify_message_named,
	[RECORD_QUEUED] = classify_message_queued,
	[RECORD_RECIPIENT] = classify_delivery_recipient,
	[RECORD_RETURNED] = take_plain,
	[RECORD_OUTCOME] = classify_delivery_outcome,
	[RECORD_NO_MESSAGE] = classify_refused_all,
	[RECORD_WITHDRAWN] = classify_refused_at_end,
	[RECORD_REMOVED] = classify_message_removed,
	[RECORD_CANCELLED] = classify_message_cancelled,
	[RECORD_REFUSED] = classify_refused,
	[RECORD_TOO_LARGE] = classify_refused_too_large,
	[RECORD_LOCAL_DSN] = classify_message_local_dsn,
	[RECORD_PRESSURE] = take_plain,
	[RECORD_GAP] = take_plain,
};

_Static_assert(sizeof(steps) / sizeof(steps[0]) == RECORD_GAP + 1, "a row each");

const char *
classify_record(struct classify *classify, const struct envelope *envelope,
		const struct record *record, classify_sink *sink, void *ctx)
{
	classify->sink = sink;
	classify->ctx = ctx;
	if (classify->senders && record->sender.len && record->kind != RECORD_RECIPIENT)
		senders_put(classify->senders, envelope->host_key, record->queue_id,
			    record->sender);
	return steps[record->kind](classify, envelope, record);
}

void
classify_end(struct classify *classify, classify_sink *sink, void *ctx)
{
	struct open_id *open;

	classify->sink = sink;
	classify->ctx = ctx;
	while ((open = open_ids_oldest(classify->ids)))
		classify_let_go(classify, open);
}
