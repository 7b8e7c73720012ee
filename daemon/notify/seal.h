/*
 * The secret of a webhook, and the signature of Standard Webhooks
 * (https://github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md):
 * HMAC-SHA256 over "id.timestamp.body", as "v1,BASE64".
 *
 * The file holds one line, is its owner's alone, and is read anew for each use. A key that begins
 * with whsec_ is base64 of the bytes; any other is taken as it stands.
 */
#ifndef NOTIFY_SEAL_H
#define NOTIFY_SEAL_H

#include "daemon/base/err.h"

#include <stdint.h>

#define SEAL_SECRET 512	  /* bytes of the line, terminator included */
#define SEAL_KEY_LEAST 16 /* bytes of a signing key */
#define SEAL_SIGNATURE 64

/* The first line, printable ASCII without blanks; the caller wipes it (explicit_bzero). No error
 * shows it. */
MUST_USE bool seal_read(const char *path, char out[SEAL_SECRET], struct err *err);

/* ERR_INPUT: the key is too short, or not base64 where it says so. */
MUST_USE bool seal_sign(const char *secret, const char *id, int64_t timestamp, const char *body,
			char out[SEAL_SIGNATURE], struct err *err);

#endif
