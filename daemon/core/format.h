/*
 * The formats of logs that are understood, in one table, and the neutral record that each of them
 * makes of one message. What the records of one mail mean together, classify says.
 */
#ifndef CORE_FORMAT_H
#define CORE_FORMAT_H

#include "daemon/core/envelope.h"

enum format {
	FORMAT_AUTO, /* whatever of the others fits */
	FORMAT_POSTFIX,
	FORMAT_EXIM,
	FORMAT_SENDMAIL,
	FORMAT_OPENSMTPD,
	FORMAT_QMAIL,
	FORMATS
};

enum record_kind {
	RECORD_OTHER,	     /* understood as not of interest */
	RECORD_BROKEN,	     /* of this MTA, and not readable: nothing in it is believed */
	RECORD_CONNECTED,    /* a client: the session of this pid begins */
	RECORD_DISCONNECTED, /* and ends; `text`: what Postfix counted in it, empty: no data was
			      * good
			      */
	RECORD_CLIENT,	     /* queue_id was opened by `client`, or by whoever opened `via` */
	RECORD_ARRIVED,	     /* CLIENT and QUEUED in one line; with `recipient` when it is there */
	RECORD_MESSAGE_ID,   /* queue_id has this message-id (`text`) */
	RECORD_QUEUED,	   /* queue_id is a message: `null_sender` or not; with `recipient` when it
			      is there. Said again at retries, or for each recipient */
	RECORD_RECIPIENT,  /* a delivery attempt of queue_id for `recipient`: `delivery` */
	RECORD_RETURNED,   /* queue_id was given up and returned */
	RECORD_OUTCOME,	   /* `delivery` of what RECIPIENT called `delivery_id` */
	RECORD_NO_MESSAGE, /* the sender of queue_id, of which no message came; `probe` or not */
	RECORD_WITHDRAWN,  /* queue_id was refused at its end although it looked accepted */
	RECORD_REMOVED,	   /* queue_id is free again */
	RECORD_CANCELLED,  /* queue_id never became a message */
	RECORD_REFUSED,	   /* at `stage`, with `status` */
	RECORD_TOO_LARGE,  /* queue_id was refused at its end; its sender is not in the log */
	RECORD_LOCAL_DSN,  /* this MTA made a bounce: queue_id */
	RECORD_PRESSURE,   /* the MTA is at a limit */
	RECORD_GAP,	   /* lines of the log were lost */
};

enum record_stage { STAGE_RCPT, STAGE_LATE }; /* LATE: MAIL, DATA, or the end of the message */

enum record_delivery { DELIVERY_NONE, DELIVERY_SENT, DELIVERY_DEFERRED, DELIVERY_FAILED };

/* Where a log may say a refusal once more, for another file (twice.h). */
enum record_twice {
	TWICE_NO,
	TWICE_APART, /* the lines of this process before and behind this one are not the same */
	TWICE_MAYBE, /* this may be said once more */
};

struct record {
	enum record_kind kind;
	const char *why; /* one sentence for people: which field was trusted and what it means */
	struct span queue_id;  /* empty: none (NOQUEUE) */
	struct span client;    /* address as written: "192.0.2.1", "2001:db8::1" */
	struct span recipient; /* address as written, quotes and all; original one when logged */
	struct span sender; /* QUEUED, ARRIVED, RECIPIENT: the reverse-path; empty: <>, not known */
	struct span relay;  /* RECIPIENT, OUTCOME: who took it, see event.h */
	struct span owner; /* RECIPIENT: whose alias led there, of a message with the null sender */
	struct span status;	 /* "5.1.1", or "550" where there is no better */
	struct span text;	 /* message-id; or see DISCONNECTED; of RECIPIENT: the others of the
				  * same attempt, ",<b@y>,<c@z>" */
	struct span next_id;	 /* RECIPIENT: the queue id under which a filter gave it back */
	struct span via;	 /* an id that was opened before: its client, or that it is local;
				  * of QUEUED, for an id that no CLIENT opened */
	struct span fields;	 /* RECIPIENT: what stands behind it, its delay too (delay.h) */
	struct span delivery_id; /* RECIPIENT, OUTCOME: the MTA's name of this attempt */
	uint32_t session;	 /* a hash of the session's name, where that is not the pid */
	enum record_stage stage;
	enum record_delivery delivery;
	enum record_twice twice;
	bool null_sender;
	bool permanent;	    /* REFUSED: 5xx, else 4xx */
	bool authenticated; /* a user of ours */
	bool loopback;	    /* CLIENT: exactly 127.0.0.1 or ::1 */
	bool given_back;    /* CLIENT: it had another queue id here before */
	bool ends;	    /* MESSAGE_ID, ARRIVED: a REMOVED of this id will follow */
	bool unknown_user;  /* REFUSED: this MTA's own words say that the recipient does not exist
			     */
	bool pressure;	    /* REFUSED: because the MTA is at a limit */
	bool sender_never;  /* REFUSED: this MTA does not say it */
	bool sender_later;  /* REFUSED: the sender is in a later line of queue_id */
	bool local;	    /* CLIENT, ARRIVED: made on this host, not from the network */
	bool remember;	    /* LOCAL_DSN: queue_id will be a `via` */
	bool probe;	    /* NO_MESSAGE: recipients were taken and no data was sent */
};

const char *format_name(enum format format);
const char *format_mta(enum format format); /* "Postfix"; NULL of FORMAT_AUTO */
bool format_from_name(struct span name, enum format *format_out);

/* "auto, postfix, exim, ..." for messages to people. */
const char *format_list(void);

/*
 * Reads one message into a record. Spans of the record point into the envelope's message.
 * Returns the format whose line it is, or FORMAT_AUTO: of none, or not of the one that was chosen.
 */
enum format format_read(enum format format, const struct envelope *envelope, struct record *out);

#endif
