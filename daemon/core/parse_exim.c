#include "daemon/core/parse_exim.h"

bool
parse_exim_claims(const struct envelope *envelope)
{
	(void)envelope;
	return false;
}

void
parse_exim(const struct envelope *envelope, struct record *out)
{
	(void)envelope;
	(void)out;
}
