/*
 * Whom this site knows: the networks that wrote to it before, and those that it wrote to lately.
 * For all domains together: a gateway that one of them knows is no stranger.
 *
 * An address stands for its network, /24 of IPv4 and /64 of IPv6: what belongs to one operator and
 * takes turns there sending. It is kept as a hash under a secret key only, in sets that forget
 * (known.h): nobody can be read out of them, and strangers cannot choose addresses that meet.
 *
 * Who sends a bounce for the first time is new once, and then young: known only when a calm hour
 * is over. Those who were young when a surge began, or came first in it, are forgotten with it:
 * strangers do not become known by being many.
 */
#ifndef CORE_CONTACTS_H
#define CORE_CONTACTS_H

#include "daemon/core/known.h"

#define CONTACTS_VERSION 1
#define CONTACTS_CLIENTS_LAST (INT64_C(7) * 86400) /* a filter: known for two to three weeks */
#define CONTACTS_ASKED_LAST (INT64_C(2) * 86400)   /* RFC 5321, 4.5.4.1: given up after 4-5 days */
#define CONTACTS_YOUNG_FOR 3600
#define CONTACTS_RIPE (INT64_C(7) * 86400) /* before that, "never seen" says nothing */

/* What is stored of it beside the filters. Plain memory without padding. */
struct contacts_head {
	uint32_t version, troubled; /* there is a surge */
	int64_t begun;		    /* seconds; the oldest line that it learned from */
	uint64_t secret[2];
};

struct contacts {
	struct contacts_head head;
	bool head_changed;
	struct known clients, asked;
	struct known_filter young; /* `since`: the last calm hour's end */
};

enum contacts_who { CONTACTS_KNOWN, CONTACTS_YOUNG, CONTACTS_NEW };

void contacts_init(struct contacts *contacts, const uint64_t secret[2], int64_t now);

/* Takes a stored head; false (and untouched) when it is none of this version. */
MUST_USE bool contacts_load(struct contacts *contacts, struct span bytes);

/* The key of an address, or of a host "mx.example[192.0.2.1]:25". False: it is neither, or this
 * host.
 */
MUST_USE bool contacts_key(const struct contacts *contacts, struct span address, uint64_t *key_out);

/* A bounce comes: who is it? */
enum contacts_who contacts_meet(struct contacts *contacts, uint64_t key);

/* Mail that was taken comes, or came at `time` (seconds). */
void contacts_learn(struct contacts *contacts, uint64_t key, int64_t time);

/* We sent mail there. And: did we, lately? */
void contacts_wrote(struct contacts *contacts, uint64_t key);
bool contacts_asked(const struct contacts *contacts, uint64_t key);

/* Do the logs tell where we send mail at all? */
bool contacts_writes(const struct contacts *contacts);

/* Is "never seen", "not asked" worth something yet? */
bool contacts_ripe(const struct contacts *contacts, int64_t now);

/* Time passes; `surge`: of any domain. */
void contacts_settle(struct contacts *contacts, int64_t now, bool surge);
void contacts_clock_set(struct contacts *contacts, int64_t seconds);

#endif
