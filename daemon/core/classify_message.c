#include "daemon/core/classify_own.h"

#include "daemon/core/hash.h"
#include "daemon/core/parse_counters.h"

/* Opens the id of a message whose client is known by another id. */
static struct open_id *
open_behind(struct classify *classify, const struct envelope *envelope, const struct record *record,
	    struct open_facts via, const char **joined_out)
{
	struct open_id *open =
		classify_open(classify, envelope, envelope->program->group_key, record->queue_id,
			      record->session ? record->session : envelope->pid, joined_out);

	if (!open)
		return NULL;
	open->facts.loopback = via.loopback;
	open->facts.local = via.local || record->local;
	open->facts.queued = open->facts.settled = via.settled; /* of a user of ours */
	classify_put_text(open, (struct span){ via.text, via.text_len });
	return open;
}

/* Opens the id of a message that comes from the network, or (`local`) from this host. */
static struct open_id *
open_message(struct classify *classify, const struct envelope *envelope,
	     const struct record *record, const char **joined_out)
{
	struct open_id *open;

	if (record->via.len && record->kind != RECORD_ARRIVED) {
		struct open_id *via = classify_find(classify, envelope, record->via);

		if (via)
			return open_behind(classify, envelope, record, via->facts, joined_out);
	}
	open = classify_open(classify, envelope, envelope->program->group_key, record->queue_id,
			     record->session ? record->session : envelope->pid, joined_out);
	if (!open)
		return NULL;
	open->facts.loopback = record->loopback;
	open->facts.local = record->local;
	classify_put_text(open, record->client);
	return open;
}

/* A user's message never counts; it is remembered so that what a filter gives back does not either.
 */
static const char *
remember_ours(struct classify *classify, const struct envelope *envelope,
	      const struct record *record)
{
	const char *joined = "a user of ours sends it: not counted";
	struct open_id *open = classify_open(classify, envelope, envelope->program->group_key,
					     record->queue_id, record->session, &joined);

	if (open)
		open->facts.queued = open->facts.settled = true;
	return joined;
}

const char *
classify_message_client(struct classify *classify, const struct envelope *envelope,
			const struct record *record)
{
	const char *joined = "remembered until a line of the same id says who sent it";
	struct open_id *open;

	if (record->authenticated)
		return remember_ours(classify, envelope, record);
	if (record->given_back) {
		open = classify_find(classify, envelope, record->queue_id);
		if (open)
			classify_let_go(classify, open);
		return NULL;
	}
	if (record->via.len && !classify_find(classify, envelope, record->via))
		return "the beginning of its session is not in the log: not counted";
	open_message(classify, envelope, record, &joined);
	return joined;
}

const char *
classify_message_named(struct classify *classify, const struct envelope *envelope,
		       const struct record *record)
{
	struct open_id *open = classify_find(classify, envelope, record->queue_id);

	if (!open || record->text.len <= 2) /* "<>" says nothing */
		return NULL;
	open->facts.ends = record->ends;
	open_ids_set_message(classify->ids, open, hash_span(record->text, 3));
	if (!open->facts.loopback || !open_ids_same_message(classify->ids, open))
		return NULL;
	open_ids_remove(classify->ids, open);
	return "from loopback with the message-id of an open message: given back by a filter";
}

static const char *
count_at_once(const struct classify *classify, struct open_id *open)
{
	struct event event;

	if (!open->facts.null_sender || !classify->options.at_once || open->facts.loopback)
		return "it came from the network, and its sender is known: counts when the "
		       "recipient appears";
	open->facts.counted_for = classify->default_key;
	classify_event_of_open(&event, &open->facts, EVENT_BOUNCE_ACCEPTED);
	event.domain = span_of(classify->options.default_domain);
	classify_give(classify, &event);
	return "it came from the network, with the null sender: counted for the default domain";
}

static void
queue(struct open_id *open, const struct envelope *envelope, const struct record *record)
{
	open->facts.queued = true;
	open->facts.null_sender = record->null_sender;
	open->facts.queued_us = envelope->time_us;
	open->changed = true;
}

static const char *
take_local(struct classify *classify, const struct envelope *envelope, const struct record *record,
	   struct open_id *open)
{
	struct event event;

	classify_event(&event, envelope, record, EVENT_LOCAL_DSN);
	open->facts.settled = true;
	if (!record->null_sender)
		return "its session began on this host: not from the network";
	classify_give(classify, &event);
	return "its session began on this host: a bounce made here";
}

const char *
classify_message_queued(struct classify *classify, const struct envelope *envelope,
			const struct record *record)
{
	struct open_id *open = classify_find(classify, envelope, record->queue_id);
	const char *joined = "no client is known for this id: made here, or the log began late; "
			     "not counted";

	if (!open && record->via.len && classify_find(classify, envelope, record->via))
		open = open_message(classify, envelope, record, &joined);
	if (!open)
		return joined;
	if (open->facts.queued)
		return "said before: a retry or one more recipient, not counted again";
	queue(open, envelope, record);
	if (open->facts.local)
		return take_local(classify, envelope, record, open);
	if (record->recipient.len) {
		classify_settle(classify, open, classify_domain(classify, record->recipient),
				record->recipient);
		return "it came from the network; sender and recipient are known: the message "
		       "counts";
	}
	open_ids_end_session(classify->ids, open);
	return count_at_once(classify, open);
}

/* Another line said that this host made it; if it was not counted there, it is counted here. */
static const char *
arrived_here(struct classify *classify, const struct envelope *envelope,
	     const struct record *record, struct open_id *via)
{
	struct event event;

	classify_event(&event, envelope, record, EVENT_LOCAL_DSN);
	if (record->null_sender && !via->facts.settled)
		classify_give(classify, &event);
	open_ids_remove(classify->ids, via);
	return "another line said that this host made it: not from the network";
}

/* What a filter gives back comes from loopback with the message-id of a message that is open. */
static bool
arrived_again(struct classify *classify, const struct record *record, struct open_id *open)
{
	if (!record->text.len)
		return false;
	open->facts.ends = record->ends;
	open_ids_set_message(classify->ids, open, hash_span(record->text, 3));
	if (!open->facts.loopback || !open_ids_same_message(classify->ids, open))
		return false;
	open_ids_remove(classify->ids, open);
	return true;
}

const char *
classify_message_arrived(struct classify *classify, const struct envelope *envelope,
			 const struct record *record)
{
	struct open_id *via =
		record->via.len ? classify_find(classify, envelope, record->via) : NULL;
	const char *joined = NULL;
	struct open_id *open;
	bool late = false;

	classify_refused_by(classify, envelope, record, &late);
	if (via && via->facts.local)
		return arrived_here(classify, envelope, record, via);
	if (record->authenticated || record->local)
		return NULL;
	open = open_message(classify, envelope, record, &joined);
	if (!open)
		return joined;
	if (arrived_again(classify, record, open))
		return "from loopback with the message-id of an open message: given back by a "
		       "filter";
	queue(open, envelope, record);
	open_ids_end_session(classify->ids, open);
	if (!record->recipient.len)
		return count_at_once(classify, open);
	classify_settle(classify, open, classify_domain(classify, record->recipient),
			record->recipient);
	return "it came from the network; sender and recipient are known: the message counts";
}

const char *
classify_message_local_dsn(struct classify *classify, const struct envelope *envelope,
			   const struct record *record)
{
	struct event event;
	const char *joined = NULL;
	struct open_id *open;

	classify_event(&event, envelope, record, EVENT_LOCAL_DSN);
	classify_give(classify, &event);
	if (!record->remember)
		return NULL;
	open = classify_open(classify, envelope, envelope->program->group_key, record->queue_id, 0,
			     &joined);
	if (open)
		open->facts.local = open->facts.settled = true;
	return joined;
}

const char *
classify_message_removed(struct classify *classify, const struct envelope *envelope,
			 const struct record *record)
{
	struct open_id *open = classify_find(classify, envelope, record->queue_id);

	if (!open)
		return NULL;
	classify_let_go(classify, open);
	return "nothing more will come of this id: what was not counted yet counts without a "
	       "domain";
}

const char *
classify_message_cancelled(struct classify *classify, const struct envelope *envelope,
			   const struct record *record)
{
	struct open_id *open = classify_find(classify, envelope, record->queue_id);

	if (!open || open->facts.queued)
		return NULL;
	open->facts.cancelled = true;
	open->changed = true;
	return "the end of its session will say whether it was a probe";
}

/* What a session opened and qmgr has not named: nothing was sent, refused, or is on its way. */
static const char *
end_one(struct classify *classify, const struct envelope *envelope, struct open_id *open,
	struct parse_counters did)
{
	struct event event;

	if (did.data_good && !open->facts.cancelled) {
		open_ids_end_session(classify->ids, open);
		return NULL;
	}
	if (did.data_tried) {
		open_ids_remove(classify->ids, open);
		return NULL;
	}
	classify_event_of_open(&event, &open->facts, EVENT_PROBE);
	event.time_us = envelope->time_us;
	classify_give(classify, &event);
	open_ids_remove(classify->ids, open);
	return "a recipient was named and no data ever sent: a probe";
}

/* CONNECTED: the line that ended the session before was lost; it may have sent anything. */
static __attribute__((noinline)) const char *
end_session(struct classify *classify, const struct envelope *envelope, const struct record *record,
	    struct open_id *open)
{
	uint32_t session = open->facts.pid;
	struct parse_counters did = { .data_tried = true };
	const char *why = NULL;

	if (record->text.len)
		did = parse_counters(record->text);
	for (; open; open = open_ids_of_session(classify->ids, envelope->host_key, session)) {
		const char *said = NULL;

		if (record->kind == RECORD_CONNECTED)
			open_ids_end_session(classify->ids, open);
		else
			said = end_one(classify, envelope, open, did);
		why = said ? said : why;
	}
	return why;
}

/* Most sessions have ended for the open ids when qmgr named them. */
const char *
classify_message_end_session(struct classify *classify, const struct envelope *envelope,
			     const struct record *record)
{
	struct open_id *open =
		open_ids_of_session(classify->ids, envelope->host_key,
				    record->session ? record->session : envelope->pid);

	return open ? end_session(classify, envelope, record, open) : NULL;
}
