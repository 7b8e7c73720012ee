/*
 * Exim writes each refusal twice to syslog, for its main log and for its reject log, unless
 * syslog_duplication = false. The second of two equal texts in a row of one process is the double.
 *
 * Whether a log doubles at all is learned: texts that were followed by their double against texts
 * that were not. As long as more were not, nothing is taken for a double. Two equal refusals of one
 * process are told apart from doubles by their number (four lines are two refusals); in a log
 * without duplication one of two equal ones that come in a row before anything was learned is lost.
 */
#ifndef CORE_DOUBLES_H
#define CORE_DOUBLES_H

#include "daemon/base/span.h"

#include <stdint.h>

#define DOUBLES_SLOTS 64 /* processes that are remembered; by pid, a newer one takes the place */

/* Plain memory without padding. */
struct doubles {
	uint32_t doubled, single; /* what was learned */
	struct {
		uint64_t text; /* a hash */
		uint32_t pid;
		uint32_t waiting; /* for its double */
	} slot[DOUBLES_SLOTS];
};

/* Is this the double of a text that was given before? */
bool doubles_again(struct doubles *doubles, uint32_t pid, struct span text);

#endif
