/*
 * What the files of classify share among themselves.
 */
#ifndef CORE_CLASSIFY_OWN_H
#define CORE_CLASSIFY_OWN_H

#include "daemon/core/classify.h"
#include "daemon/core/senders.h"

struct classify {
	struct classify_options options;
	struct open_ids *ids;
	struct senders *senders; /* NULL: not asked for */
	uint64_t dropped;
	uint64_t default_key;
	char domain[CLASSIFY_DOMAIN];
	char raw[CLASSIFY_DOMAIN];  /* as it was written, of which `domain` is the lower case */
	size_t raw_len, domain_len; /* 0: none is remembered */
	/* of the call that is running */
	classify_sink *sink;
	void *ctx;
};

/* Into the caller's own: as a value they would be copied for each event. */
void classify_event(struct event *event, const struct envelope *envelope,
		    const struct record *record, enum event_kind kind);
void classify_event_of_open(struct event *event, const struct open_facts *facts,
			    enum event_kind kind);
void classify_give(const struct classify *classify, const struct event *event);

struct open_id *classify_find(const struct classify *classify, const struct envelope *envelope,
			      struct span id);

/* A new open id when there is room; `*joined_out` says so when there is none. */
struct open_id *classify_open(struct classify *classify, const struct envelope *envelope,
			      uint32_t group, struct span id, uint32_t session,
			      const char **joined_out);

/* In lower case, in the object; "(none)" for a bare local part. */
struct span classify_domain(struct classify *classify, struct span recipient);

/* Gives what is known of it, and forgets it. */
void classify_let_go(struct classify *classify, struct open_id *open);

/* The recipient of a message is known, and its domain. It is forgotten, unless its session may name
 * it again, or a filter may give it back until a line says that it is done. */
void classify_settle(struct classify *classify, struct open_id *open, struct span domain,
		     struct span recipient);

/* Nothing, when it is too long. */
void classify_put_text(struct open_id *open, struct span text);

/* What each kind of record does. Each returns a sentence about the joining, or NULL. */
typedef const char *classify_step(struct classify *classify, const struct envelope *envelope,
				  const struct record *record);

/* Messages (classify_message.c). */
classify_step classify_message_client, classify_message_named, classify_message_queued,
	classify_message_arrived, classify_message_local_dsn, classify_message_removed,
	classify_message_cancelled, classify_message_end_session;

/* Deliveries (classify_delivery.c). */
classify_step classify_delivery_recipient, classify_delivery_outcome;

/* Refusals (classify_refused.c). */
classify_step classify_refused, classify_refused_too_large, classify_refused_at_end,
	classify_refused_all;

/*
 * The sender of what was refused under this id before is known now. True when there was any;
 * `late_out` is set when that was the whole transaction.
 */
bool classify_refused_by(struct classify *classify, const struct envelope *envelope,
			 const struct record *record, bool *late_out);

/* Its sender never came: counts as of an unknown one. */
void classify_refused_unknown(const struct classify *classify, const struct open_id *open);

#endif
