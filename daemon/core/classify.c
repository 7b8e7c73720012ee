#include "daemon/core/classify.h"

#include "daemon/core/hash.h"
#include "daemon/core/parse_address.h"

#include <stdlib.h>

struct classify {
	struct classify_options options;
	struct open_ids *ids;
	uint64_t dropped;
	uint64_t default_key;
	char domain[CLASSIFY_DOMAIN];
	/* of the call that is running */
	classify_sink *sink;
	void *ctx;
};

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
	if (classify->ids)
		return classify;
	free(classify);
	return NULL;
}

void
classify_free(struct classify *classify)
{
	if (!classify)
		return;
	open_ids_free(classify->ids);
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

static struct span
domain_of(struct classify *classify, struct span recipient)
{
	return parse_address_lower_domain(recipient, classify->domain, sizeof(classify->domain));
}

static struct event
event_of_line(const struct envelope *envelope, const struct record *record, enum event_kind kind)
{
	return (struct event){ .time_us = envelope->time_us,
			       .kind = kind,
			       .count = envelope->repeat,
			       .client = record->client,
			       .queue_id = record->queue_id,
			       .status = record->status };
}

static struct event
event_of_open(const struct open_facts *facts, enum event_kind kind)
{
	return (struct event){ .time_us = facts->queued_us,
			       .kind = kind,
			       .count = 1,
			       .client = { facts->client, facts->client_len },
			       .queue_id = { facts->id, facts->id_len } };
}

/* A message that is in the queue gets its domain (empty: it will not be known any more). */
static void
settle(const struct classify *classify, const struct open_id *open, struct span domain)
{
	const struct open_facts *facts = &open->facts;
	struct event event = event_of_open(facts, facts->null_sender ? EVENT_BOUNCE_ACCEPTED
								     : EVENT_MAIL_ACCEPTED);

	event.domain = domain;
	if (facts->counted_for) {
		struct span counted = span_of(classify->options.default_domain);

		if (domain.len == 0 || span_equal(domain, counted) ||
		    facts->counted_for != classify->default_key)
			return;
		event.moved = true;
		event.moved_from = counted;
		event.moved_time_us = facts->queued_us;
	}
	classify->sink(classify->ctx, &event);
}

static void
let_go(struct classify *classify, struct open_id *open)
{
	if (open->facts.queued)
		settle(classify, open, (struct span){ 0 });
	open_ids_remove(classify->ids, open);
}

static void
make_room(struct classify *classify, int64_t now_us)
{
	struct open_id *oldest = open_ids_oldest(classify->ids);

	while (oldest && now_us - oldest->facts.opened_us > CLASSIFY_MAX_AGE_US) {
		let_go(classify, oldest);
		oldest = open_ids_oldest(classify->ids);
	}
	if (oldest && open_ids_full(classify->ids)) {
		let_go(classify, oldest);
		classify->dropped++;
	}
}

static struct open_id *
find(const struct classify *classify, const struct envelope *envelope, struct span id)
{
	if (open_ids_count(classify->ids) == 0)
		return NULL;
	return open_ids_find(classify->ids, envelope->host_key, envelope->group_key, id, false);
}

static const char *
take_client(struct classify *classify, const struct envelope *envelope, const struct record *record)
{
	uint32_t group = envelope->group_key;
	struct open_id *open;

	if (record->authenticated || record->given_back) {
		open = find(classify, envelope, record->queue_id);
		if (open)
			let_go(classify, open);
		return NULL;
	}
	/* The id is used again: what it was before is over. */
	open = open_ids_find(classify->ids, envelope->host_key, group, record->queue_id, true);
	if (open)
		let_go(classify, open);
	make_room(classify, envelope->time_us);
	open = open_ids_add(classify->ids, envelope->host_key, group, record->queue_id,
			    envelope->pid, envelope->time_us);
	if (!open) {
		classify->dropped++;
		return "there is no room to remember it";
	}
	open->facts.loopback = record->loopback;
	open->facts.client_len =
		(uint8_t)(record->client.len <= OPEN_IDS_CLIENT ? record->client.len : 0);
	memcpy(open->facts.client, record->client.at, open->facts.client_len);
	return "remembered until qmgr says from= for the same id";
}

static const char *
take_message_id(struct classify *classify, const struct envelope *envelope,
		const struct record *record)
{
	struct open_id *open = find(classify, envelope, record->queue_id);

	if (!open || record->text.len <= 2) /* "<>" says nothing */
		return NULL;
	open_ids_set_message(classify->ids, open, hash_span(record->text, 3));
	if (!open->facts.loopback || !open_ids_same_message(classify->ids, open))
		return NULL;
	open_ids_remove(classify->ids, open);
	return "from loopback with the message-id of an open message: given back by a filter";
}

static const char *
take_queued(struct classify *classify, const struct envelope *envelope, const struct record *record)
{
	struct open_id *open = find(classify, envelope, record->queue_id);
	struct event event;

	if (!open)
		return "no client= line for this id: made here, or the log began late; not counted";
	if (open->facts.queued)
		return "said before: a retry, not counted again";
	open_ids_end_session(classify->ids, open);
	open->facts.queued = true;
	open->facts.null_sender = record->null_sender;
	open->facts.queued_us = envelope->time_us;
	open->changed = true;
	if (!record->null_sender || !classify->options.at_once || open->facts.loopback)
		return "client= and from= are both known: counts when the recipient appears";
	open->facts.counted_for = classify->default_key;
	event = event_of_open(&open->facts, EVENT_BOUNCE_ACCEPTED);
	event.domain = span_of(classify->options.default_domain);
	classify->sink(classify->ctx, &event);
	return "client= and from=<> are both known: counted for the default domain";
}

static const char *
take_recipient(struct classify *classify, const struct envelope *envelope,
	       const struct record *record)
{
	static const enum event_kind kinds[] = {
		[DELIVERY_NONE] = EVENT_KINDS,
		[DELIVERY_SENT] = EVENT_DELIVERED,
		[DELIVERY_DEFERRED] = EVENT_DELIVERY_DEFERRED,
		[DELIVERY_FAILED] = EVENT_DELIVERY_FAILED,
	};
	struct event event = event_of_line(envelope, record, kinds[record->delivery]);
	struct open_id *open = find(classify, envelope, record->queue_id);
	const char *why = NULL;

	event.domain = domain_of(classify, record->recipient);
	if (open && open->facts.queued) {
		settle(classify, open, event.domain);
		open_ids_remove(classify->ids, open);
		why = "its recipient is known now: the message counts for this domain";
	}
	if (record->next_id.len) {
		open = find(classify, envelope, record->next_id);
		if (open && open->facts.loopback)
			open_ids_remove(classify->ids, open);
		return "handed to a filter here, which gave it back under another id";
	}
	if (event.kind != EVENT_KINDS)
		classify->sink(classify->ctx, &event);
	return why;
}

static const char *
take_removed(struct classify *classify, const struct envelope *envelope,
	     const struct record *record)
{
	struct open_id *open = find(classify, envelope, record->queue_id);

	if (!open)
		return NULL;
	let_go(classify, open);
	return "forgotten";
}

static const char *
take_cancelled(const struct classify *classify, const struct envelope *envelope,
	       const struct record *record)
{
	struct open_id *open = find(classify, envelope, record->queue_id);

	if (!open || open->facts.queued)
		return NULL;
	open->facts.cancelled = true;
	open->changed = true;
	return "the end of its session will say whether it was a probe";
}

static enum event_kind
refused_kind(const struct record *record)
{
	if (!record->null_sender)
		return record->permanent ? EVENT_MAIL_REFUSED : EVENT_MAIL_DEFERRED;
	if (record->stage == STAGE_LATE)
		return EVENT_BOUNCE_REFUSED_LATE;
	return record->permanent ? EVENT_BOUNCE_REFUSED : EVENT_BOUNCE_DEFERRED;
}

static const char *
take_refused(struct classify *classify, const struct envelope *envelope,
	     const struct record *record)
{
	struct event event = event_of_line(envelope, record, refused_kind(record));
	struct open_id *open = NULL;

	if (record->stage == STAGE_LATE && record->queue_id.len)
		open = find(classify, envelope, record->queue_id);
	if (open && !open->facts.queued)
		open_ids_remove(classify->ids, open);
	if (record->authenticated)
		return NULL;
	if (record->recipient.at)
		event.domain = domain_of(classify, record->recipient);
	classify->sink(classify->ctx, &event);
	if (record->pressure) {
		event.kind = EVENT_PRESSURE;
		classify->sink(classify->ctx, &event);
	}
	return NULL;
}

static const char *
take_too_large(struct classify *classify, const struct envelope *envelope,
	       const struct record *record)
{
	struct open_id *open = find(classify, envelope, record->queue_id);
	struct event event;

	if (!open || open->facts.queued)
		return "no open client= line for this id: said before, or not from the network";
	event = event_of_open(&open->facts, EVENT_REFUSED_SENDER_UNKNOWN);
	event.time_us = envelope->time_us;
	classify->sink(classify->ctx, &event);
	open_ids_remove(classify->ids, open);
	return NULL;
}

/* What this session opened and qmgr has not named: nothing was sent, refused, or is on its way. */
static const char *
end_session(const struct classify *classify, const struct envelope *envelope,
	    const struct record *record)
{
	const char *why = NULL;
	struct open_id *open;

	while ((open = open_ids_of_session(classify->ids, envelope->host_key, envelope->pid))) {
		if (record->kind == RECORD_CONNECTED ||
		    (record->data_good && !open->facts.cancelled)) {
			open_ids_end_session(classify->ids, open);
			continue;
		}
		if (!record->data_tried) {
			struct event event = event_of_open(&open->facts, EVENT_PROBE);

			event.time_us = envelope->time_us;
			classify->sink(classify->ctx, &event);
			why = "a recipient was named and no data ever sent: a probe";
		}
		open_ids_remove(classify->ids, open);
	}
	return why;
}

static const char *
take_plain(struct classify *classify, const struct envelope *envelope, const struct record *record,
	   enum event_kind kind)
{
	struct event event = event_of_line(envelope, record, kind);

	classify->sink(classify->ctx, &event);
	return NULL;
}

const char *
classify_record(struct classify *classify, const struct envelope *envelope,
		const struct record *record, classify_sink *sink, void *ctx)
{
	classify->sink = sink;
	classify->ctx = ctx;
	switch (record->kind) {
	case RECORD_CLIENT:
		return take_client(classify, envelope, record);
	case RECORD_MESSAGE_ID:
		return take_message_id(classify, envelope, record);
	case RECORD_QUEUED:
		return take_queued(classify, envelope, record);
	case RECORD_RECIPIENT:
		return take_recipient(classify, envelope, record);
	case RECORD_REMOVED:
		return take_removed(classify, envelope, record);
	case RECORD_CANCELLED:
		return take_cancelled(classify, envelope, record);
	case RECORD_REFUSED:
		return take_refused(classify, envelope, record);
	case RECORD_TOO_LARGE:
		return take_too_large(classify, envelope, record);
	case RECORD_CONNECTED: /* the end of the session before it was lost */
	case RECORD_DISCONNECTED:
		return end_session(classify, envelope, record);
	case RECORD_RETURNED:
		return take_plain(classify, envelope, record, EVENT_DELIVERY_FAILED);
	case RECORD_LOCAL_DSN:
		return take_plain(classify, envelope, record, EVENT_LOCAL_DSN);
	case RECORD_PRESSURE:
		return take_plain(classify, envelope, record, EVENT_PRESSURE);
	case RECORD_GAP:
		return take_plain(classify, envelope, record, EVENT_GAP);
	case RECORD_OTHER:
	case RECORD_BROKEN:
		break;
	}
	return NULL;
}

void
classify_end(struct classify *classify, classify_sink *sink, void *ctx)
{
	struct open_id *open;

	classify->sink = sink;
	classify->ctx = ctx;
	while ((open = open_ids_oldest(classify->ids)))
		let_go(classify, open);
}
