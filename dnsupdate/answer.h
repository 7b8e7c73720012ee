/*
 * What comes back: is it the answer to our request, and what does it say. The bytes are hostile;
 * nothing here is trusted because ldns could parse it.
 */
#ifndef DNSUPDATE_ANSWER_H
#define DNSUPDATE_ANSWER_H

#include "daemon/base/err.h"
#include "daemon/core/mx.h"

#include <stdint.h>

enum answer_kind {
	ANSWER_ODD,	  /* not an answer to this request: wait on */
	ANSWER_TRUNCATED, /* ours, with TC: ask by TCP */
	ANSWER_OURS,
};

#define ANSWER_NOERROR 0
#define ANSWER_FORMERR 1
#define ANSWER_SERVFAIL 2
#define ANSWER_NXDOMAIN 3
#define ANSWER_NOTIMP 4
#define ANSWER_REFUSED 5
#define ANSWER_YXDOMAIN 6
#define ANSWER_YXRRSET 7
#define ANSWER_NXRRSET 8
#define ANSWER_NOTAUTH 9
#define ANSWER_NOTZONE 10

/*
 * Compares id, QR, opcode and question with the request that we sent. The question may be missing
 * in errors, and in answers to updates (RFC 2136, section 3.8).
 */
enum answer_kind answer_judge(const uint8_t *request, size_t request_len, const uint8_t *wire,
			      size_t len);

/* Of a message of at least 12 octets. */
unsigned answer_rcode(const uint8_t *wire);

/* "NXRRSET"; "rcode 14" has no name: "an unknown rcode". */
const char *answer_rcode_name(unsigned rcode);

/*
 * Reads the answer to our MX question (ANSWER_OURS). An authoritative "no such records" is an empty
 * set; a refusal, a referral, a CNAME, an answer without authority or a set too large for struct
 * mx_set is an error in one sentence. `out` is untouched on failure.
 */
MUST_USE bool answer_mx(const uint8_t *wire, size_t len, const char *domain, struct mx_set *out,
			struct err *err);

/* Reads the serial from the answer to our SOA question. */
MUST_USE bool answer_soa(const uint8_t *wire, size_t len, const char *zone, uint32_t *serial_out,
			 struct err *err);

#endif
