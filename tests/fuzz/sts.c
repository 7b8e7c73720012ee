/* Whatever a policy's bytes are: one that is taken has a mode and names what it allows. */
#include "daemon/core/sts.h"

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct span text = { (const char *)bytes, length };
	struct sts_policy policy;
	struct err err = { 0 };

	sts_announced(text);
	if (!sts_read(text, &policy, &err)) {
		assert(err.kind == ERR_INPUT && err.text[0]);
		return 0;
	}
	assert(policy.count <= STS_MX && (policy.count || policy.mode == STS_NONE));
	for (unsigned i = 0; i < policy.count; i++)
		if (policy.mx[i][0] != '*')
			assert(sts_allows(&policy, span_of(policy.mx[i])));
	return 0;
}
