#include "daemon/core/classify_own.h"

#include "daemon/core/eat.h"
#include "daemon/core/parse_address.h"

static const enum event_kind delivery_kinds[] = {
	[DELIVERY_NONE] = EVENT_KINDS,
	[DELIVERY_SENT] = EVENT_DELIVERED,
	[DELIVERY_DEFERRED] = EVENT_DELIVERY_DEFERRED,
	[DELIVERY_FAILED] = EVENT_DELIVERY_FAILED,
};

/* Whose mail it is that was delivered; 0: not known, or nobody asks. */
static uint64_t
sender_of(const struct classify *classify, const struct envelope *envelope,
	  const struct record *record)
{
	if (!classify->senders || record->delivery == DELIVERY_FAILED)
		return 0;
	if (record->sender.len)
		return senders_key(record->sender);
	return senders_find(classify->senders, envelope->host_key, record->queue_id);
}

/* The attempt has a name of its own, under which its end will come. */
static void
begin_delivery(struct classify *classify, const struct envelope *envelope,
	       const struct record *record, struct span domain)
{
	const char *joined;
	struct open_id *open = classify_open(classify, envelope, envelope->program->group_key,
					     record->delivery_id, 0, &joined);

	if (!open)
		return;
	open->facts.delivery = true;
	open->facts.counted_for = sender_of(classify, envelope, record);
	classify_put_text(open, domain);
}

/* `others`: of the same attempt, each of which counts; all for the alias's domain when there is
 * one. */
static void
give_each(struct classify *classify, struct event *event, struct span others, bool of_alias)
{
	struct scan scan;

	classify_give(classify, event);
	if (others.len == 0)
		return;
	scan = eat_over(others);
	while (EAT(&scan, ",<")) {
		struct span recipient = parse_address_forward(&scan);

		if (!of_alias)
			event->domain = classify_domain(classify, recipient);
		classify_give(classify, event);
	}
}

const char *
classify_delivery_recipient(struct classify *classify, const struct envelope *envelope,
			    const struct record *record)
{
	struct event event;
	struct open_id *open = classify_find(classify, envelope, record->queue_id);
	const char *why = NULL;
	bool of_alias = record->owner.len && open && open->facts.queued && open->facts.null_sender;

	classify_event(&event, envelope, record, delivery_kinds[record->delivery]);
	event.fields = record->fields;
	if (of_alias)
		event.domain = classify_domain(classify, record->owner);
	else
		event.domain = classify_domain(classify, record->recipient);
	if (open && open->facts.queued && !open->facts.settled) {
		classify_settle(classify, open, event.domain, record->recipient);
		why = "its recipient is known now: the message counts for this domain";
	} else if (open && open->facts.local && !open->facts.session &&
		   record->delivery == DELIVERY_SENT) {
		open_ids_remove(classify->ids, open);
	}
	if (record->delivery_id.len)
		begin_delivery(classify, envelope, record, event.domain);
	if (record->next_id.len) {
		open = classify_find(classify, envelope, record->next_id);
		if (open && open->facts.loopback)
			open_ids_remove(classify->ids, open);
		return "handed to a filter here, which gave it back under another id";
	}
	if (record->relay.len) {
		event.relay = record->relay;
		event.sender = sender_of(classify, envelope, record);
	}
	if (event.kind != EVENT_KINDS)
		give_each(classify, &event, record->text, of_alias);
	return why;
}

const char *
classify_delivery_outcome(struct classify *classify, const struct envelope *envelope,
			  const struct record *record)
{
	struct event event;
	struct open_id *open = classify_find(classify, envelope, record->delivery_id);

	classify_event(&event, envelope, record, delivery_kinds[record->delivery]);
	if (open && open->facts.delivery) {
		span_copy((struct span){ open->facts.text, open->facts.text_len }, classify->domain,
			  sizeof(classify->domain));
		classify->raw_len = 0;
		event.domain = (struct span){ classify->domain, open->facts.text_len };
		event.relay = record->relay;
		event.sender = record->relay.len ? open->facts.counted_for : 0;
		open_ids_remove(classify->ids, open);
	}
	if (event.kind != EVENT_KINDS)
		classify_give(classify, &event);
	return NULL;
}
