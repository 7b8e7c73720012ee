/*
 * Events: what happened to mail, read out of an MTA's log. The words are those of RFC 5321.
 */
#ifndef CORE_EVENT_H
#define CORE_EVENT_H

#include "daemon/base/span.h"

#include <stdint.h>

enum event_kind {
	EVENT_BOUNCE_ACCEPTED, /* a message from the network with reverse-path <>; counts messages
				*/
	EVENT_BOUNCE_REFUSED,  /* RCPT of a null-sender transaction, 5xx; counts RCPTs */
	EVENT_BOUNCE_DEFERRED, /* the same, 4xx */
	EVENT_BOUNCE_REFUSED_LATE, /* a null-sender transaction refused at DATA or at its end */
	EVENT_PROBE,		   /* null sender, recipients, never any data: a callout */
	EVENT_LOCAL_DSN,	   /* a bounce that this MTA made itself; never arriving */
	EVENT_MAIL_ACCEPTED,
	EVENT_MAIL_REFUSED,
	EVENT_MAIL_DEFERRED,
	EVENT_REFUSED_SENDER_UNKNOWN, /* refused by an MTA that does not log the sender */
	EVENT_DELIVERED,
	EVENT_DELIVERY_DEFERRED,
	EVENT_DELIVERY_FAILED,
	EVENT_PRESSURE, /* the MTA says that it is at a limit */
	EVENT_GAP,	/* the log itself says that lines were lost */
	EVENT_KINDS
};

struct event {
	int64_t time_us; /* the log's time */
	enum event_kind kind;
	int64_t count;	    /* how often: repeats multiply */
	struct span domain; /* the recipient's, lower case; empty when not known */
	struct span client; /* address as the MTA wrote it; empty when not known */
	struct span queue_id;
	struct span status; /* "5.1.1" or "550"; empty when not known */
	struct span fields; /* of a delivery: what the MTA writes behind the recipient (delay.h) */
	struct span relay; /* what took a delivery: "192.0.2.1", "mx[192.0.2.1]:25", "local"; empty:
			    * not known */
	uint64_t sender;   /* of a delivery: senders_key of the sender's domain; 0: not known */
	/*
	 * How many bounces are answers to mail of ours: their recipient carries a tag
	 * (parse_tag.h). With `count` 0: of those that were counted before.
	 */
	int64_t tagged;
	bool unknown_user; /* refused since the recipient does not exist here */
	/*
	 * A bounce that was counted at `moved_time_us` for the source's default domain and now
	 * turns out to be `domain`'s, or of another kind: take `count` from `moved_from` and
	 * `moved_kind` there, add it to `domain` and `kind` there.
	 */
	bool moved;
	struct span moved_from;
	enum event_kind moved_kind;
	int64_t moved_time_us;
};

const char *event_name(enum event_kind kind);
bool event_from_name(struct span name, enum event_kind *kind_out);

/* Does this kind load an MTA with bounces from the network? Such kinds are what a surge is made of.
 */
bool event_loads(enum event_kind kind);

#endif
