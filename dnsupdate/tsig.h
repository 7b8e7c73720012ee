/*
 * Transaction signatures (RFC 8945) over messages as bytes. No clock: the time is an argument.
 */
#ifndef DNSUPDATE_TSIG_H
#define DNSUPDATE_TSIG_H

#include "daemon/base/err.h"
#include "dnsupdate/key.h"

#define TSIG_FUDGE 300 /* seconds that the clocks may differ */
#define TSIG_MAC 64    /* octets, the largest */
#define TSIG_ROOM 512  /* octets that a signature adds to a message, at most */

/* Errors of the TSIG record (RFC 8945, section 3). */
#define TSIG_BADSIG 16
#define TSIG_BADKEY 17
#define TSIG_BADTIME 18

struct tsig_mac {
	uint8_t octets[TSIG_MAC];
	size_t len;
};

/*
 * Signs the message of *len octets in `wire` (room for `room`), which has no TSIG yet. `mac_out` is
 * what the answer's signature builds on.
 */
MUST_USE bool tsig_sign(const struct tsig_key *key, int64_t now, uint8_t *wire, size_t room,
			size_t *len, struct tsig_mac *mac_out, struct err *err);

enum tsig_verdict {
	TSIG_GOOD,	/* signed by our key in time; or a signed BADTIME */
	TSIG_MISSING,	/* there is no TSIG record */
	TSIG_MALFORMED, /* not a message, or the TSIG is not the one last record of it */
	TSIG_OTHER_KEY, /* another key's name or algorithm */
	TSIG_UNSIGNED,	/* our key's name, no MAC: a hint such as BADKEY or BADSIG, not evidence */
	TSIG_WRONG_MAC,
	TSIG_LATE, /* signed by our key, but at another time */
};

struct tsig_answer {
	enum tsig_verdict verdict;
	uint16_t error;	     /* the TSIG record's error field, 0 without */
	int64_t server_time; /* seconds; the signer's clock, 0 = not said */
	size_t len;	     /* of the message without its TSIG */
};

/* Judges the answer to a request that was signed with `key` and had `request` as its MAC. */
struct tsig_answer tsig_verify(const struct tsig_key *key, const struct tsig_mac *request,
			       int64_t now, const uint8_t *wire, size_t len);

#endif
