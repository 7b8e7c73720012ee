/*
 * Errors as application/problem+json (RFC 9457). Titles are the words of the status code; each
 * status has one type, a reference to its row in the list at /v1.
 */
#ifndef WEB_PROBLEM_H
#define WEB_PROBLEM_H

#include "daemon/base/err.h"
#include "web/exchange.h"

#define PROBLEM_TYPE "application/problem+json"

struct problem {
	unsigned status;
	const char *name, *sentence;
};

/* The table of all; its last row has no status. */
extern const struct problem problem_table[];

/* Makes the reply a problem with this sentence. Returns false. */
bool problem_set(struct reply *reply, unsigned status, const char *format, ...)
	FORMAT_LIKE_PRINTF(3, 4);

/* As problem_set, and names the member of the body that is wrong: "errors": [{"pointer":
 * "#/mode", "detail": ...}]. */
bool problem_field(struct reply *reply, unsigned status, const char *field, const char *sentence);

/* The same of a member of an entry, "/counters/3"; either may be "". */
bool problem_entry(struct reply *reply, unsigned status, const char *entry, const char *field,
		   const char *sentence);

/* An error of the daemon: REFUSED 409, INPUT 422, BUSY and SYSTEM 503, else 500. Returns false. */
bool problem_err(struct reply *reply, const struct err *err);

#endif
