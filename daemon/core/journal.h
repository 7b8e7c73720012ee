/*
 * The journal: every decision, update, override and alert, with its numbers, kept.
 */
#ifndef CORE_JOURNAL_H
#define CORE_JOURNAL_H

#include "daemon/base/span.h"

#include <stdint.h>

enum journal_kind {
	JOURNAL_START,	  /* the daemon started, or stopped, or read its configuration anew */
	JOURNAL_SURGE,	  /* the detector: a surge began */
	JOURNAL_CALM,	  /* the detector: it is over */
	JOURNAL_DECISION, /* the state of a domain changed, or what holds it back */
	JOURNAL_UPDATE,	  /* an update was sent, answered or given up */
	JOURNAL_SPLIT,	  /* proved: every server shows the split set */
	JOURNAL_RESTORE,  /* proved: every server shows the normal set */
	JOURNAL_DRIFT,	  /* the zone is not as we last saw it */
	JOURNAL_FAILURE,  /* something wanted a person */
	JOURNAL_OVERRIDE, /* an operator's order, its end, its expiry */
	JOURNAL_SOURCE,	  /* a source went silent, came back, lost lines */
	JOURNAL_HOOK,	  /* a hook ran or failed */
	JOURNAL_KINDS
};

#define JOURNAL_DOMAIN 256
#define JOURNAL_TEXT 768

struct journal_entry {
	int64_t id;	 /* given by the store, from 1, increasing */
	int64_t time_us; /* wall clock */
	enum journal_kind kind;
	char domain[JOURNAL_DOMAIN]; /* empty: the daemon as a whole */
	char text[JOURNAL_TEXT];     /* one sentence, valid printable UTF-8 */
	char numbers[JOURNAL_TEXT];  /* a JSON object with the numbers behind it, or "" */
};

const char *journal_name(enum journal_kind kind);
bool journal_from_name(struct span name, enum journal_kind *kind_out);

#endif
