#include "daemon/core/parse_opensmtpd.h"

bool
parse_opensmtpd_claims(const struct envelope *envelope)
{
	(void)envelope;
	return false;
}

void
parse_opensmtpd(const struct envelope *envelope, struct record *out)
{
	(void)envelope;
	(void)out;
}
