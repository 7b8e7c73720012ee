#include "daemon/core/parse_sendmail.h"

bool
parse_sendmail_claims(const struct envelope *envelope)
{
	(void)envelope;
	return false;
}

void
parse_sendmail(const struct envelope *envelope, struct record *out)
{
	(void)envelope;
	(void)out;
}
