/*
 * How we log in at an SNMP agent: a file that is its owner's alone,
 *
 *     community WORD                  v2c
 *
 * or
 *
 *     user NAME                       v3 with authentication and privacy
 *     auth SHA-256 PASSPHRASE         also SHA (SHA-1), SHA-224, SHA-384, SHA-512
 *     priv AES PASSPHRASE
 *
 * Lines that begin with # are comments; a passphrase is the rest of its line, at least 8 characters
 * (RFC 3414, section 11.2). No error shows a secret.
 */
#ifndef COUNTERS_POLL_SECRET_H
#define COUNTERS_POLL_SECRET_H

#include "daemon/base/err.h"
#include "daemon/base/span.h"

#define POLL_SECRET_FILE 4096 /* bytes */
#define POLL_SECRET_USER 33   /* RFC 3411: an SnmpAdminString of at most 32 */
#define POLL_SECRET_WORD 256

enum poll_secret_auth {
	POLL_SECRET_SHA,
	POLL_SECRET_SHA224,
	POLL_SECRET_SHA256,
	POLL_SECRET_SHA384,
	POLL_SECRET_SHA512,
};

struct poll_secret {
	bool v3;
	char community[POLL_SECRET_WORD];
	char user[POLL_SECRET_USER];
	enum poll_secret_auth auth;
	char auth_phrase[POLL_SECRET_WORD], priv_phrase[POLL_SECRET_WORD];
};

/* Reads the file; `out` is untouched on failure. The caller wipes it (explicit_bzero). */
MUST_USE bool poll_secret_read(const char *path, struct poll_secret *out, struct err *err);

/* The same from text; `path` is for the errors. */
MUST_USE bool poll_secret_parse(const char *path, struct span text, struct poll_secret *out,
				struct err *err);

#endif
