/* What an answer to an update means, in a sentence for the administrator who can cure it. */
#ifndef DNSUPDATE_ZONE_CAUSE_H
#define DNSUPDATE_ZONE_CAUSE_H

#include "daemon/base/text.h"
#include "dnsupdate/zone.h"

struct zone_cause {
	unsigned rcode;
	uint16_t error;	      /* of the TSIG record; 0 = none */
	bool believed;	      /* the answer was signed by our key */
	int64_t ours, theirs; /* clocks, seconds; theirs 0 = not said */
	const char *server;
	const struct tsig_key *key;
	const char *zone, *domain;
};

/* Adds the sentence; gives the result that this answer alone means. */
enum zone_result zone_cause(const struct zone_cause *cause, struct text *text);

#endif
