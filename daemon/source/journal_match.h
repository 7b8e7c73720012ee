/*
 * Which entries of a journal are a source's: those that its settings match, and what journald says
 * of suppressed messages (rate limits), of the same hosts.
 */
#ifndef SOURCE_JOURNAL_MATCH_H
#define SOURCE_JOURNAL_MATCH_H

#ifdef HAVE_JOURNAL

#include "daemon/conf/config.h"

#include <systemd/sd-journal.h>

/* Negative: an errno, as libsystemd's. */
MUST_USE int journal_match_add(sd_journal *journal, const struct config_source *config);

/*
 * Entries of several hosts, none of which is matched. They are read in the order of their time:
 * what arrives late from one host, behind what was read of another, would be passed over.
 */
bool journal_match_mixes_hosts(sd_journal *journal, const struct config_source *config);

#endif
#endif
