/*
 * MTA-STS (RFC 8461) as far as a split must know it: does a policy allow an exchanger? A sender
 * that honours a policy in mode enforce delivers to no exchanger that the policy does not name.
 */
#ifndef CORE_STS_H
#define CORE_STS_H

#include "daemon/base/err.h"
#include "daemon/base/span.h"

#include <stdint.h>

#define STS_MX 32
#define STS_NAME 256
#define STS_BYTES 65536 /* RFC 8461, section 3.3: receivers may refuse more */

enum sts_mode { STS_NONE, STS_TESTING, STS_ENFORCE };

struct sts_policy {
	enum sts_mode mode;
	uint64_t max_age; /* seconds */
	unsigned count;
	char mx[STS_MX][STS_NAME]; /* lower case, no final dot; "*.example.jp" */
};

/* The TXT record of _mta-sts.DOMAIN: "v=STSv1; id=..." (section 3.1). */
bool sts_announced(struct span txt);

/* A policy (section 3.2); fields that are not known are passed over. */
MUST_USE bool sts_read(struct span text, struct sts_policy *out, struct err *err);

/* Is this exchanger named? A wildcard stands for one label (section 4.1). */
bool sts_allows(const struct sts_policy *policy, struct span host);

const char *sts_mode_name(enum sts_mode mode);

#endif
