/*
 * One protected domain's MX RRset in its zone: read at every authoritative server, changed by one
 * signed UPDATE at the primary (RFC 2136, RFC 8945), and proved: asked again until every server
 * shows it.
 *
 * Everything happens on the caller's loop; nothing blocks. Callbacks come from the loop, never from
 * inside a call of this header. One reading and one change may be under way at the same time.
 */
#ifndef DNSUPDATE_ZONE_H
#define DNSUPDATE_ZONE_H

#include "daemon/base/err.h"
#include "daemon/base/span.h"
#include "daemon/core/mx.h"
#include "dnsupdate/key.h"

#include <stdint.h>
#include <sys/socket.h>
#include <uv.h>

#define ZONE_CHECKS 16	 /* authoritative servers besides the primary */
#define ZONE_ADDRESSES 4 /* of the primary */
#define ZONE_KEYS 2
#define ZONE_TIMEOUT_MS 5000
#define ZONE_PROVE_MS 60000
#define ZONE_SENTENCE 512

struct zone;

struct zone_server {
	char name[256]; /* as the settings write it; for people */
	struct sockaddr_storage address;
};

/* Shared by all domains of one zone: one update at a time. The caller's, zeroed at first. */
struct zone_turn {
	const struct zone *holder;
};

enum zone_result {
	ZONE_PROVED,   /* applied, and every server shows it */
	ZONE_UNPROVED, /* applied, but not every server showed it in time; the sentence names those
			*/
	ZONE_CONFLICT, /* the zone shows neither `from` nor `to`: another wrote it, before or after
			  us */
	ZONE_REFUSED,  /* not applied: the server said no, or the signature was not right */
	ZONE_FAILED,   /* certainly not applied: nothing answered, or the server failed */
	ZONE_UNKNOWN,  /* may have been applied, or was accepted and the primary does not show it:
			  read before trying again */
};

struct zone_options {
	uv_loop_t *loop;
	const char *zone;	    /* the zone's apex, "example.jp"; copied */
	const char *domain;	    /* the owner of the MX RRset, in the zone; copied */
	struct zone_server primary; /* takes the updates */
	/* further addresses of the primary, at most ZONE_ADDRESSES - 1; copied. They are tried in
	 * order when one does not answer, in the time of one; that which answered stays. */
	const struct zone_server *more;
	unsigned mores;
	const struct tsig_key *key;	   /* NULL: read only. Copied (and wiped in zone_free) */
	const struct tsig_key *second_key; /* tried when the first is refused; NULL: none */
	const struct zone_server *bind;	   /* our own addresses, one a family at most; copied */
	unsigned binds;
	struct zone_turn *turn;		 /* NULL: no other domain is in this zone */
	const struct zone_server *check; /* further authoritative servers; copied */
	unsigned checks;		 /* at most ZONE_CHECKS */
	bool tcp;			 /* the update by TCP at once */
	bool sign_reads;      /* the questions to the primary, too, and only signed answers count */
	int64_t timeout_ms;   /* of one exchange; 0: ZONE_TIMEOUT_MS */
	int64_t prove_ms;     /* until all must show it; 0: ZONE_PROVE_MS */
	int64_t (*now)(void); /* real time in seconds, for TSIG; NULL: time(2) */
	void *ctx;
	void (*on_read)(void *ctx);
	/* `serial` is the primary's when it was read last, 0 when it was not. */
	void (*on_change)(void *ctx, enum zone_result result, const char *sentence,
			  uint32_t serial);
};

/* What one server was last seen to show. */
struct zone_view {
	char name[256];
	bool primary;
	bool known;	     /* `shown` and `serial` come from the last question, at `asked` */
	struct mx_set shown; /* valid when known */
	uint32_t serial;     /* of the SOA; 0 when that question was not answered */
	int64_t asked;	     /* real time in seconds of the last question, 0 = never */
	int64_t since;	     /* of the first answer with what is `shown` since, 0 = never */
	char error[512];     /* why it is not known, or "" */
};

/* NULL with `err` when a name or an address is wrong. */
struct zone *zone_new(const struct zone_options *options, struct err *err);

/*
 * Safe at any time but inside a callback of an exchange's own close; NULL is allowed. No callback
 * comes afterwards. Closes handles: the loop must run once more before it is closed itself.
 */
void zone_free(struct zone *zone);

/*
 * Asks the MX RRset and the SOA serial of every server at once, without recursion; `on_read` comes
 * when all have answered or run out of time. Does nothing while a reading is under way.
 */
void zone_read(struct zone *zone);

/* The wall clock was set by so many seconds: what was asked before goes with it. */
void zone_clock_set(struct zone *zone, int64_t seconds);

/* A change or a reading is under way. */
bool zone_busy(const struct zone *zone);

/*
 * One change. Refused here (nothing was sent, no callback comes) when there is no key, when `to` is
 * empty, or while another change is under way. Otherwise `on_change` comes exactly once; the update
 * is sent when no other domain's of the same turn is on its way.
 */
MUST_USE bool zone_change(struct zone *zone, const struct mx_set *from, const struct mx_set *to,
			  struct err *err);

/*
 * An update of prerequisites alone, which changes nothing: does the primary accept our key, secret
 * and clock, and is its MX RRset exactly `from`? `on_change` comes as for zone_change, with PROVED,
 * CONFLICT, REFUSED or FAILED. Whether the key may change the MX is not said by servers that judge
 * each record (BIND's update-policy).
 */
MUST_USE bool zone_change_nothing(struct zone *zone, const struct mx_set *from, struct err *err);

/*
 * Other servers must show a change from now on; what was seen at those that stay is kept. Refused
 * (false, nothing changed) while the zone is busy, and for more than ZONE_CHECKS.
 */
bool zone_set_checks(struct zone *zone, const struct zone_server *check, unsigned checks);

/* How many servers there are; number 0 is the primary. Views live as long as the zone. */
unsigned zone_servers(const struct zone *zone);
const struct zone_view *zone_view(const struct zone *zone, unsigned i);

/* "proved", "unproved", "conflict", "refused", "failed", "unknown". */
const char *zone_result_name(enum zone_result result);

/* "192.0.2.53", "192.0.2.53:5353", "2001:db8::53", "[2001:db8::53]:53". Port 53 when not given. */
MUST_USE bool zone_address(struct span text, struct zone_server *out, struct err *err);

#endif
