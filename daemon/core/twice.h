/*
 * Exim gives each refusal to syslog twice, once for its mainlog and once for its rejectlog, unless
 * syslog_duplication=false or the ACL's log_reject_target names only one. Both are written at once
 * by one process and begin with the same line. This tells how many of the copies are refusals.
 *
 * Two copies are one refusal when no other line of that process stands between them. Whether a log
 * doubles at all is learned: a refusal that another line of its process follows is single, and
 * when singles are believed, nothing is merged. The first evidence decides; later it takes
 * TWICE_CONTRARY pieces in a row to change the belief, because a lost line looks like one.
 *
 * Limits. While doubles are believed, two real refusals that are equal (to the second of Exim's
 * stamp, client and recipient, by one process, no other line of it between them) count once where
 * only one copy of each is written: at most until the belief changes. A single refusal that is the
 * last line of its process says nothing. Copies that are torn apart count as two: without pids
 * (syslog_pid=false) by any other process, else by one with the same pid modulo TWICE_SLOTS.
 * A process is whatever number the caller tells processes apart by.
 */
#ifndef CORE_TWICE_H
#define CORE_TWICE_H

#include "daemon/base/span.h"

#include <stdint.h>

#define TWICE_SLOTS 32
#define TWICE_CONTRARY 8

/* The last refusal of a process. */
struct twice_slot {
	uint64_t text; /* a hash of its line; 0: its last line was none */
	uint32_t process;
	uint32_t odd; /* its copy has not come */
};

/* Plain memory without padding; see twice_new. */
struct twice {
	uint32_t single;   /* it is believed that this log does not double */
	uint32_t contrary; /* pieces of evidence in a row that it is otherwise */
	struct twice_slot slots[TWICE_SLOTS];
};

struct twice twice_new(void);

/* A line of this process that is a refusal, so many times. How many refusals are they? */
unsigned twice_refusal(struct twice *twice, uint32_t process, struct span line, unsigned copies);

/* Any other line of this process. */
void twice_apart(struct twice *twice, uint32_t process);

/* "last message repeated": its last line came again. As twice_refusal. */
unsigned twice_again(struct twice *twice, uint32_t process, unsigned copies);

#endif
