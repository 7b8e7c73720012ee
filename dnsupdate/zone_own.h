/* The insides of struct zone, for zone*.c alone. */
#ifndef DNSUPDATE_ZONE_OWN_H
#define DNSUPDATE_ZONE_OWN_H

#include "dnsupdate/exchange.h"
#include "dnsupdate/message.h"
#include "dnsupdate/tsig.h"
#include "dnsupdate/zone.h"

#define ZONE_OWN_SERVERS (1 + ZONE_CHECKS)
#define ZONE_OWN_QUESTION 288 /* header, a name of 255 octets, type, class */

/* One question to one server. */
struct zone_own_ask {
	struct zone_own_round *round;
	struct exchange *exchange; /* NULL when it is over */
	unsigned server;
	bool soa;	  /* else MX */
	unsigned address; /* of the primary, the one that is asked */
	unsigned tried;	  /* of its addresses */
	int64_t timeout_ms;
	char why[512]; /* those that did not answer */
	uint8_t question[ZONE_OWN_QUESTION];
	size_t len;
	/* the question with its signature; wire_len 0: it has none */
	uint8_t wire[ZONE_OWN_QUESTION + TSIG_ROOM];
	size_t wire_len;
	unsigned key;
	struct tsig_mac mac;
	char hint[256]; /* what an answer said that was not believed */
};

/* MX and SOA asked of some servers at once; what they say goes to the views. */
struct zone_own_round {
	struct zone *zone;
	unsigned open;	 /* questions under way */
	unsigned number; /* of all rounds of the zone, from 1 */
	int64_t asked;	 /* real time in seconds */
	void (*done)(struct zone *zone);
	struct zone_own_ask asks[2 * ZONE_OWN_SERVERS];
};

enum zone_own_stage {
	ZONE_OWN_IDLE,
	ZONE_OWN_WAIT,	 /* for another domain's update in this zone */
	ZONE_OWN_UPDATE, /* the update is on its way */
	ZONE_OWN_SETTLE, /* what it did is unknown: the primary is asked */
	ZONE_OWN_PROVE,	 /* accepted: everyone is asked until all show it */
};

struct zone_own_change {
	enum zone_own_stage stage;
	struct mx_set from, to;
	struct exchange *exchange;
	struct tsig_mac mac;
	uint8_t question[ZONE_OWN_QUESTION]; /* the beginning of the request, to know its answer by
					      */
	size_t len;
	bool nothing;		       /* only prerequisites: there is no `to` */
	bool answered, hinted;	       /* believed; not believed */
	unsigned rcode;		       /* of either */
	uint16_t error;		       /* of its TSIG record */
	int64_t theirs;		       /* the server's clock */
	char why[256];		       /* there was no answer */
	unsigned tried;		       /* addresses that could not be reached */
	char other_key[KEY_NAME + 64]; /* the key that was refused before, and how; "": none */
	uint64_t deadline;	       /* of the proof, loop time in ms */
	uint64_t delay;		       /* between two rounds */
	bool shown[ZONE_OWN_SERVERS];  /* it was seen there */
	struct zone_own_round round;
};

struct zone {
	struct zone_options
		options; /* its pointers are not used after zone_new, but loop and ctx */
	char zone[MX_NAME], domain[MX_NAME];
	struct tsig_key keys[ZONE_KEYS];
	unsigned key_count, key;     /* the one that signs */
	unsigned primaries, primary; /* its addresses; the one that is asked first */
	struct zone_server primary_at[ZONE_ADDRESSES];
	struct sockaddr_storage from[2]; /* ours, IPv4 and IPv6; ss_family 0: none */
	unsigned servers;
	struct sockaddr_storage addresses[ZONE_OWN_SERVERS];
	struct zone_view views[ZONE_OWN_SERVERS];
	unsigned rounds;		   /* so far */
	unsigned newest[ZONE_OWN_SERVERS]; /* the round that the view comes from */
	struct zone_own_round read;
	struct zone_own_change change;
	uv_timer_t timer; /* the next round of a proof, or the next look whose turn it is */
};

/* Are questions to this server signed? */
bool zone_signed_wanted(const struct zone *zone, unsigned server);

/* Signs the question. */
MUST_USE bool zone_signed_make(struct zone_own_ask *ask, struct err *err);

/* Is the answer to a signed question signed by our key? If not, `hint` says what it said. */
bool zone_signed_good(struct zone_own_ask *ask, const uint8_t *wire, size_t len);

/* Our own address towards that one. */
struct sockaddr_storage zone_from(const struct zone *zone, const struct sockaddr_storage *address);

/* Sends the change now, or when no other domain's of the zone is on its way. */
MUST_USE bool zone_turn_take(struct zone *zone, struct err *err);

/* The update is not on its way any more: another domain of the zone may send its own. */
void zone_turn_end(struct zone *zone);

/* The key was refused, as far as can be told, and there is another: sends the same with that. False
 * when it is not so. */
bool zone_again(struct zone *zone, enum zone_result result);

/* Signs and sends the change, afresh. */
MUST_USE bool zone_change_send(struct zone *zone, struct err *err);

/* Ends the change: `on_change` comes now; nothing of the zone may be touched afterwards. */
void zone_change_finish(struct zone *zone, enum zone_result result, const char *sentence);

/* What the answer, believed or not, means. */
enum zone_result zone_change_cause(const struct zone *zone, struct text *text);

/* What the update did is not known, or the server says that the zone is another than we read: looks
 * at the primary, and goes on to the proof or ends the change. */
void zone_settle_start(struct zone *zone);

/* The update was applied: asks every server until all show it. */
void zone_prove_start(struct zone *zone);

#endif
