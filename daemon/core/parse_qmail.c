#include "daemon/core/parse_qmail.h"

bool
parse_qmail_claims(const struct envelope *envelope)
{
	(void)envelope;
	return false;
}

void
parse_qmail(const struct envelope *envelope, struct record *out)
{
	(void)envelope;
	(void)out;
}
