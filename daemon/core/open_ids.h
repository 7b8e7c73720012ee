/*
 * The queue ids that are still open: a bounded table of what is known of each, found by host and
 * queue id, by session (host and smtpd's pid) and by message-id.
 *
 * Postfix reuses short ids within seconds: a new client= line starts an id afresh. Two instances on
 * one host may use the same id: `group` (the instance's first part) tells them apart when both are
 * open; else it is not asked for, because daemons of one instance may log under several names.
 */
#ifndef CORE_OPEN_IDS_H
#define CORE_OPEN_IDS_H

#include "daemon/base/err.h"
#include "daemon/base/span.h"

#include <stdint.h>

#define OPEN_IDS_ID 24
#define OPEN_IDS_TEXT 64

enum open_chain { OPEN_CHAIN_AGE, OPEN_CHAIN_SESSION, OPEN_CHAIN_MESSAGE, OPEN_CHAINS };

/* What is stored of an open id; plain memory without padding, its size is part of the version. */
struct open_facts {
	uint64_t key;	      /* a hash of host and id */
	uint64_t message_id;  /* a hash, 0 = not known */
	int64_t opened_us;    /* the client= line */
	int64_t queued_us;    /* qmgr's first from= line: the time of the event */
	uint64_t counted_for; /* a hash of that domain, 0 = not counted yet; of a delivery:
			       * senders_key, 0 = not known */
	uint32_t group, host;
	uint32_t pid;	     /* of its session, or a hash of the session's name */
	uint32_t count;	     /* of a pending refusal: how often */
	uint8_t queued;	     /* qmgr has said from= */
	uint8_t null_sender; /* and it was <> */
	uint8_t settled;     /* its domain is known and counted, and it is still named */
	uint8_t cancelled;   /* it never became a message, and its session may still say why */
	uint8_t loopback;    /* came from 127.0.0.1 or ::1: perhaps given back by a filter */
	uint8_t local;	     /* made on this host */
	uint8_t pending;     /* a refusal whose sender is not known yet; `text` is the domain */
	uint8_t permanent;   /* and it was a 5xx */
	uint8_t delivery;    /* a delivery attempt that has a name; `text` is the domain */
	uint8_t session;     /* its session is not over */
	uint8_t id_len, text_len;
	char id[OPEN_IDS_ID];
	char text[OPEN_IDS_TEXT]; /* the client's address */
	uint8_t late; /* of a pending refusal: of the whole transaction, not of a recipient; */
	uint8_t unknown_user; /* since that recipient does not exist here; */
	uint8_t tagged;	      /* it carries a tag of ours */
	uint8_t ends;	      /* a line will say that the id is free again */
};

struct open_id {
	struct open_facts facts;
	bool stored;  /* the store has a row of it */
	bool changed; /* and it is out of date, or there is none */
	struct {
		uint32_t prev, next;
	} link[OPEN_CHAINS];
};

struct open_ids;

/* NULL when out of memory. */
struct open_ids *open_ids_new(unsigned max);
void open_ids_free(struct open_ids *ids);

unsigned open_ids_count(const struct open_ids *ids);
bool open_ids_full(const struct open_ids *ids);

/*
 * Pointers to an open id are valid until the next open_ids_add or open_ids_remove of it.
 * find: the one of this group, else one of another group (not for `exact`), else NULL.
 */
struct open_id *open_ids_find(struct open_ids *ids, uint32_t host, uint32_t group, struct span id,
			      bool exact);
struct open_id *open_ids_oldest(struct open_ids *ids); /* by insertion */
struct open_id *open_ids_of_session(struct open_ids *ids, uint32_t host, uint32_t pid);

/* Another open id with the same message-id that did not come from loopback, or NULL. */
struct open_id *open_ids_same_message(struct open_ids *ids, const struct open_id *open);

/* A new id, which is not open in this group. NULL when full, out of memory or the id is too long.
 */
struct open_id *open_ids_add(struct open_ids *ids, uint32_t host, uint32_t group, struct span id,
			     uint32_t pid, int64_t time_us);
void open_ids_remove(struct open_ids *ids, struct open_id *open);

void open_ids_end_session(struct open_ids *ids, struct open_id *open);
void open_ids_set_message(struct open_ids *ids, struct open_id *open, uint64_t message_id);

/* For storing them (open_rows.h). A stored id that was removed is kept as a key until forgotten. */
struct open_ids_gone {
	uint64_t key;
	uint32_t group;
};

struct open_id *open_ids_younger(struct open_ids *ids, const struct open_id *open);
struct open_id *open_ids_insert(struct open_ids *ids, const struct open_facts *facts);
void open_ids_sort(struct open_ids *ids); /* by age, after inserts in any order */
const struct open_ids_gone *open_ids_gone(const struct open_ids *ids, size_t *count_out);
void open_ids_forget_gone(struct open_ids *ids);

#endif
