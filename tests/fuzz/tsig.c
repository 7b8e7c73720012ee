/* Whatever the bytes are: without the secret nothing verifies, and the length given is inside. */
#include "dnsupdate/tsig.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tsig_key key = { .algorithm = TSIG_SHA256, .secret = { 7 }, .secret_len = 1 };
	struct tsig_mac mac = { .len = 32 };
	struct tsig_answer answer;

	if (!key_name(&key, SPAN("k"), NULL))
		abort();
	answer = tsig_verify(&key, &mac, 0, data, size);
	if (answer.verdict == TSIG_GOOD || answer.verdict == TSIG_LATE || answer.len > size)
		abort();
	return 0;
}
