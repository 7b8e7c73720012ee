#include "daemon/core/classify_own.h"

#include "daemon/core/hash.h"
#include "daemon/core/parse_tag.h"

static enum event_kind
refused_kind(const struct record *record)
{
	if (record->sender_never)
		return EVENT_REFUSED_SENDER_UNKNOWN;
	if (!record->null_sender)
		return record->permanent ? EVENT_MAIL_REFUSED : EVENT_MAIL_DEFERRED;
	if (record->stage == STAGE_LATE)
		return EVENT_BOUNCE_REFUSED_LATE;
	return record->permanent ? EVENT_BOUNCE_REFUSED : EVENT_BOUNCE_DEFERRED;
}

/*
 * Kept until the sender is known; equal ones are one entry. Its group is a hash of what it says, so
 * that an id may have several.
 */
static const char *
keep_refused(struct classify *classify, const struct envelope *envelope,
	     const struct record *record)
{
	bool late = record->stage == STAGE_LATE, tagged = parse_tag(record->recipient);
	struct span domain = { 0 };
	uint32_t group;
	const char *joined = NULL;
	struct open_id *open;

	if (!late)
		domain = classify_domain(classify, record->recipient);
	group = (uint32_t)hash_span(domain, (record->permanent ? 6 : 5) + (late ? 2 : 0) +
						    (record->unknown_user ? 4 : 0) +
						    (tagged ? 8 : 0));
	open = open_ids_find(classify->ids, envelope->host_key, group, record->queue_id, true);
	if (!open) {
		open = classify_open(classify, envelope, group, record->queue_id, 0, &joined);
		if (!open)
			return joined;
		open->facts.pending = true;
		open->facts.permanent = record->permanent;
		open->facts.late = late;
		open->facts.unknown_user = record->unknown_user;
		open->facts.tagged = tagged;
		open->facts.queued_us = envelope->time_us;
		if (domain.len && domain.len <= OPEN_IDS_TEXT) {
			memcpy(open->facts.text, domain.at, domain.len);
			open->facts.text_len = (uint8_t)domain.len;
		}
	}
	open->facts.count += envelope->repeat;
	open->changed = true;
	return "remembered until the from= line of the same id says whose it was";
}

static struct event
event_of_pending(const struct open_facts *facts, enum event_kind kind)
{
	struct event event;

	classify_event_of_open(&event, facts, kind);
	event.count = facts->count;
	event.unknown_user = facts->unknown_user;
	event.tagged = facts->tagged ? facts->count : 0;
	event.domain = event.client;
	event.client = (struct span){ 0 };
	return event;
}

bool
classify_refused_by(struct classify *classify, const struct envelope *envelope,
		    const struct record *record, bool *late_out)
{
	struct record like = { .null_sender = record->null_sender };
	struct open_id *open = classify_find(classify, envelope, record->queue_id);
	bool any = false;

	while (open && open->facts.pending) {
		struct event event;

		like.permanent = open->facts.permanent;
		like.stage = open->facts.late ? STAGE_LATE : STAGE_RCPT;
		*late_out |= open->facts.late;
		event = event_of_pending(&open->facts, refused_kind(&like));
		event.client = record->client;
		if (!record->authenticated && !record->local)
			classify_give(classify, &event);
		open_ids_remove(classify->ids, open);
		open = classify_find(classify, envelope, record->queue_id);
		any = true;
	}
	return any;
}

void
classify_refused_unknown(const struct classify *classify, const struct open_id *open)
{
	struct event event = event_of_pending(&open->facts, EVENT_REFUSED_SENDER_UNKNOWN);

	classify_give(classify, &event);
}

/* It was refused because the MTA is at a limit: that is told at once, whoever the sender is. */
static void
give_pressure(const struct classify *classify, const struct record *record, struct event *event)
{
	event->kind = EVENT_PRESSURE;
	if (record->pressure)
		classify_give(classify, event);
}

const char *
classify_refused(struct classify *classify, const struct envelope *envelope,
		 const struct record *record)
{
	struct event event;
	struct open_id *open = NULL, *via = NULL;

	if (record->sender_later) {
		const char *joined = keep_refused(classify, envelope, record);

		classify_event(&event, envelope, record, EVENT_PRESSURE);
		if (record->recipient.at)
			event.domain = classify_domain(classify, record->recipient);
		give_pressure(classify, record, &event);
		return joined;
	}
	if (record->via.len)
		via = classify_find(classify, envelope, record->via);
	if (via && (via->facts.local || via->facts.settled))
		return "in a session from this host or of a user of ours: not counted";
	classify_event(&event, envelope, record, refused_kind(record));
	if (via)
		event.client = (struct span){ via->facts.text, via->facts.text_len };
	if (record->stage == STAGE_LATE && record->queue_id.len)
		open = classify_find(classify, envelope, record->queue_id);
	if (open && !open->facts.queued)
		open_ids_remove(classify->ids, open);
	if (record->authenticated)
		return NULL;
	if (record->recipient.at)
		event.domain = classify_domain(classify, record->recipient);
	if (record->null_sender && parse_tag(record->recipient))
		event.tagged = event.count;
	classify_give(classify, &event);
	give_pressure(classify, record, &event);
	return NULL;
}

const char *
classify_refused_too_large(struct classify *classify, const struct envelope *envelope,
			   const struct record *record)
{
	struct open_id *open = classify_find(classify, envelope, record->queue_id);
	struct event event;

	if (!open || open->facts.queued)
		return "no open client= line for this id: said before, or not from the network";
	classify_event_of_open(&event, &open->facts, EVENT_REFUSED_SENDER_UNKNOWN);
	event.time_us = envelope->time_us;
	classify_give(classify, &event);
	open_ids_remove(classify->ids, open);
	return NULL;
}

const char *
classify_refused_at_end(struct classify *classify, const struct envelope *envelope,
			const struct record *record)
{
	struct open_id *open = classify_find(classify, envelope, record->queue_id);
	struct record as = *record;
	struct event event;

	if (!open || !open->facts.queued)
		return "not a message from the network that is in the log: not counted";
	as.null_sender = open->facts.null_sender;
	as.stage = STAGE_LATE;
	classify_event_of_open(&event, &open->facts, refused_kind(&as));
	event.status = record->status;
	if (record->recipient.at)
		event.domain = classify_domain(classify, record->recipient);
	if (open->facts.counted_for == classify->default_key) {
		event.moved_from = span_of(classify->options.default_domain);
		event.domain = event.domain.len ? event.domain : event.moved_from;
		event.moved = true;
		event.moved_kind = EVENT_BOUNCE_ACCEPTED;
		event.moved_time_us = open->facts.queued_us;
	}
	classify_give(classify, &event);
	open_ids_remove(classify->ids, open);
	return "looked accepted before: counts as refused at its end instead";
}

const char *
classify_refused_all(struct classify *classify, const struct envelope *envelope,
		     const struct record *record)
{
	bool late = false, any = classify_refused_by(classify, envelope, record, &late);
	struct event event;

	classify_event(&event, envelope, record, EVENT_PROBE);
	if (record->recipient.len)
		event.domain = classify_domain(classify, record->recipient);
	if (record->probe && !late && record->null_sender && !record->authenticated &&
	    !record->local)
		classify_give(classify, &event);
	return any ? "the sender of what was refused under this id is known now" : NULL;
}
