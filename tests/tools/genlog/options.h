/* For genlog: what may be chosen. */
#ifndef TESTS_TOOLS_GENLOG_OPTIONS_H
#define TESTS_TOOLS_GENLOG_OPTIONS_H

#include "tests/tools/genlog/out.h"

/* How often in a hundred; `options --with NAME[=PERCENT]`. */
enum often {
	OFTEN_HOSTILE,	/* addresses, replies and message-ids that look like other lines */
	OFTEN_UTF8,	/* SMTPUTF8 local parts and a domain in UTF-8 */
	OFTEN_FILTER,	/* a content filter gives a message back under another id */
	OFTEN_XFORWARD, /* of those: with orig_queue_id= */
	OFTEN_EACH,	/* of several recipients: each gets a message of its own from the filter */
	OFTEN_PROXY,	/* a proxy in front says orig_client= */
	OFTEN_SUBMISSION, /* sessions of users of ours, and the bounces that follow */
	OFTEN_POSTSCREEN, /* refusals by postscreen */
	OFTEN_ABANDONED,  /* queue ids of which nothing more is heard */
	OFTEN_REPEATED,	  /* refusals after which syslogd says that they were repeated */
	OFTEN_GAPS,	  /* of other lines: notices that lines were lost */
	OFTEN_PRESSURE,	  /* limits of anvil, processes and disk */
	OFTEN_STRANGERS,  /* of those who want to relay: to any of many domains */
	OFTEN_RETRIES,	  /* messages that are deferred first */
	OFTEN_SEVERAL,	  /* messages with three recipients */
	OFTEN_SEASONS,	  /* how much day and night, workday and weekend differ */
	OFTENS
};

struct options {
	uint64_t size, lines;
	int64_t start, length; /* seconds */
	int mail, bounces;     /* sessions a minute */
	int64_t surge_from, surge_for;
	int surge_rate, domains, long_ids; /* percent */
	int instances;
	int often[OFTENS];
	const char *truth;
};

extern struct options options;

/* Ends the program when they are wrong. Afterwards domains 1 to options.domains are ours. */
void options_read(int argc, char **argv);

#endif
