/*
 * A certificate (with its chain) and its key, PEM files, as the TLS of a listening socket takes
 * them. Whether they belong together the library says when it starts.
 */
#ifndef WEB_PAIR_H
#define WEB_PAIR_H

#include "daemon/base/err.h"

#define PAIR_FILE 65536 /* bytes of one; a chain of a dozen certificates */

/* TLS 1.2 and 1.3, nothing older, in the words of GnuTLS. */
#define PAIR_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

struct pair {					     /* about 128 KiB: not for a stack */
	char certificate[PAIR_FILE], key[PAIR_FILE]; /* terminated */
};

/* On failure `out` is wiped. Errors are INPUT or SYSTEM, with the file's name. */
MUST_USE bool pair_read(const char *certificate, const char *key, struct pair *out,
			struct err *err);

/* NULL is allowed. */
void pair_free(struct pair *pair);

#endif
