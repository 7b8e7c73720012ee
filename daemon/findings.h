/*
 * A checklist: what was looked at, what was found, what to do. For people and as JSON.
 */
#ifndef FINDINGS_H
#define FINDINGS_H

#include "daemon/base/err.h"

#include <jansson.h>
#include <stdbool.h>

enum findings_verdict { FINDINGS_OK, FINDINGS_WARN, FINDINGS_FAIL, FINDINGS_SKIP };

struct findings {
	bool json;
	json_t *list;
	unsigned of[FINDINGS_SKIP + 1]; /* how many of each verdict */
};

/* One row, printed at once or kept for the end. `check`: a short stable name. */
void findings_add(struct findings *findings, enum findings_verdict verdict, const char *check,
		  const char *format, ...) FORMAT_LIKE_PRINTF(4, 5);

/* The last line, or the JSON document. An exit code: 0, or 65 when something failed. */
int findings_end(struct findings *findings);

#endif
