/*
 * What a session of Postfix's smtpd did, as its disconnect line counts it (since 3.0):
 * "... mail=1 rcpt=1 data=0/1 quit=1 commands=4/5": 0 of 1 DATA commands succeeded.
 */
#ifndef CORE_PARSE_COUNTERS_H
#define CORE_PARSE_COUNTERS_H

#include "daemon/base/span.h"

struct parse_counters {
	bool data_tried; /* DATA or BDAT; true when there are no counters */
	bool data_good;	 /* at least once; true when there are no counters */
};

/* `text`: what follows "disconnect from ". */
struct parse_counters parse_counters(struct span text);

#endif
