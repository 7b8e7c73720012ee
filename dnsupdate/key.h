/*
 * A TSIG key (RFC 8945) and the files that keys come in: a BIND clause
 *
 *     key "mxsplit" { algorithm hmac-sha256; secret "..."; };
 *
 * with all three comment styles, or a Knot list
 *
 *     key:
 *       - id: mxsplit
 *         algorithm: hmac-sha256
 *         secret: ...
 *
 * The file holds exactly one key and is readable by its owner alone.
 */
#ifndef DNSUPDATE_KEY_H
#define DNSUPDATE_KEY_H

#include "daemon/base/err.h"
#include "daemon/base/span.h"

#include <stdint.h>

#define KEY_NAME 256   /* presentation form, terminated */
#define KEY_SECRET 512 /* octets; the largest that tsig-keygen makes is 64 */
#define KEY_FILE 65536 /* octets of the whole file */

enum tsig_algorithm {
	TSIG_MD5,
	TSIG_SHA1,
	TSIG_SHA224,
	TSIG_SHA256,
	TSIG_SHA384,
	TSIG_SHA512,
};
#define TSIG_ALGORITHMS 6

struct tsig_key {
	char name[KEY_NAME];	/* absolute, lower case, "mxsplit." */
	uint8_t wire[KEY_NAME]; /* the same in wire form, uncompressed */
	size_t wire_len;
	enum tsig_algorithm algorithm;
	uint8_t secret[KEY_SECRET];
	size_t secret_len; /* at least 1 */
};

/* "hmac-sha256". */
const char *key_algorithm(enum tsig_algorithm algorithm);

/*
 * Reads the file. The caller ends the key with key_wipe. Errors are INPUT (with "file:line", never
 * with the secret) or SYSTEM; `key_out` is untouched then.
 */
MUST_USE bool key_read(const char *path, struct tsig_key *key_out, struct err *err);

/* The same from text in memory; `path` is for the errors. */
MUST_USE bool key_parse(const char *path, struct span text, struct tsig_key *key_out,
			struct err *err);

/* Sets name and wire form. Letters, digits, '-', '_' and dots only. */
MUST_USE bool key_name(struct tsig_key *key, struct span name, struct err *err);

/* Overwrites the key, the secret with it. NULL is allowed. */
void key_wipe(struct tsig_key *key);

#endif
