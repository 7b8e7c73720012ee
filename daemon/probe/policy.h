/*
 * Fetches the MTA-STS policy of a domain (RFC 8461, section 3.3): HTTPS, certificate verified, no
 * redirect followed. Blocks; for the command line.
 */
#ifndef PROBE_POLICY_H
#define PROBE_POLICY_H

#include "daemon/base/err.h"
#include "daemon/core/sts.h"

/* `domain` with or without the final dot. */
MUST_USE bool policy_fetch(const char *domain, struct sts_policy *out, struct err *err);

/* The same from a file. */
MUST_USE bool policy_read(const char *path, struct sts_policy *out, struct err *err);

#endif
