/*
 * The tag of a syslog line, "postfix/submission/smtpd[301]: ", and the memory of those seen before.
 */
#ifndef CORE_ENVELOPE_TAG_H
#define CORE_ENVELOPE_TAG_H

#include "daemon/core/envelope.h"

/*
 * Eats a tag and fills program, its parts, pid, group_key and claim; from memory when the same tag
 * was seen before. False, and nothing eaten, when no tag is there.
 */
bool envelope_tag_read(struct envelope_memory *memory, struct scan *scan, struct envelope *out);

/* Fills the parts and group_key from the program's name. */
void envelope_tag_split(struct envelope *out);

#endif
