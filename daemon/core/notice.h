/*
 * What a notice means to those who are told: which alert it is about, whether that begins, goes on
 * or ends, and how bad it is. Surge and split are conditions that begin and end; all else is an
 * event.
 */
#ifndef CORE_NOTICE_H
#define CORE_NOTICE_H

#include "daemon/base/text.h"
#include "daemon/core/journal.h"

#define NOTICE_TEST "test" /* the kind of a notice that tries a hook out */
#define NOTICE_HOOK 64
#define NOTICE_WHY 256
#define NOTICE_DEAD 20 /* dead letters that are shown of a hook, the newest */

enum notice_format {
	NOTICE_JSON,
	NOTICE_ALERTMANAGER,
	NOTICE_SLACK,
	NOTICE_PAGERDUTY,
	NOTICE_FORMATS
};

const char *notice_format_name(enum notice_format format);
bool notice_format_from_name(struct span name, enum notice_format *format_out);

enum notice_phase {
	NOTICE_EVENT,
	NOTICE_FIRING,
	NOTICE_RESOLVED,
};

struct notice_meaning {
	const char *alert;    /* "MxsplitSurge"; the same when it begins and when it ends */
	const char *severity; /* critical, warning or info */
	enum notice_phase phase;
};

/* Of a kind of the journal, or of NOTICE_TEST; an unknown one is an event of no weight. */
struct notice_meaning notice_meaning(struct span kind);

/* What one incident of a domain is known by at a pager: "mxsplit/example.jp/MxsplitSurge". */
void notice_key(struct span domain, const char *alert, struct text *text);

/* A text for Slack: &, < and > escaped. */
void notice_slack(struct span text, struct text *out);

/* Whether an answer to a webhook is the end of it. */
enum notice_answer {
	NOTICE_TOLD,	/* 2xx */
	NOTICE_LATER,	/* no answer, 408, 429, 5xx, and a redirect, which nobody follows */
	NOTICE_REFUSED, /* any other 4xx: the same again would not help */
};

enum notice_answer notice_answer(long status);

/* A hook as people see it. */
struct notice_dead {
	int64_t item, since; /* since: seconds, when it was given up (one that waits: stored) */
	unsigned attempts;
	char kind[32], domain[JOURNAL_DOMAIN], text[JOURNAL_TEXT], why[NOTICE_WHY];
};

enum notice_result { /* of one attempt */
		     NOTICE_RESULT_TOLD,
		     NOTICE_RESULT_LATER, /* tried again */
		     NOTICE_RESULT_DEAD,
		     NOTICE_RESULTS
};

struct notice_hook {
	char name[NOTICE_HOOK];
	char how[320]; /* "run /etc/mxsplit/hooks/page", "json to https://alerts.example.jp/..." */
	uint64_t waiting, dead;
	bool failing; /* the notice that is first in line has failed */
	int64_t told, told_item, failed, failed_item; /* seconds and items; 0: never */
	char why[NOTICE_WHY];			      /* of the last failure */
	struct notice_dead first;	  /* in line; item 0: none waits. Its `why` is not filled */
	int64_t next_try;		  /* of it, seconds; 0: at once */
	uint64_t results[NOTICE_RESULTS]; /* attempts since the daemon began */
	unsigned shown;
	struct notice_dead list[NOTICE_DEAD]; /* newest first */
};

#endif
