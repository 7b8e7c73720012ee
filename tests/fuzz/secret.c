/* Whatever the bytes are: a secret that is taken is whole, one that is not leaves nothing behind.
 */
#include "daemon/counters/poll.h"
#include "daemon/counters/poll_secret.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct span text = { (const char *)bytes, length };
	struct poll_secret secret = { 0 };
	struct err err = { 0 };
	double value = NAN;

	assert(poll_decimal(text, &value) == (bool)isfinite(value));
	if (!poll_secret_parse("f", text, &secret, &err)) {
		assert(err.kind == ERR_INPUT && err.text[0] && !secret.community[0] &&
		       !secret.user[0]);
		return 0;
	}
	assert(secret.v3 == !secret.community[0]);
	assert(!secret.v3 || (secret.user[0] && secret.auth_phrase[7] && secret.priv_phrase[7]));
	return 0;
}
