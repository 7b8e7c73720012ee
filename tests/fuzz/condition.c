/* Whatever the bytes are: a condition that is taken never holds without surge and threshold. */
#include "daemon/core/condition.h"

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static bool
value(void *ctx, struct span name, double *value_out)
{
	*value_out = (double)name.len;
	return (name.at[0] + *(const int *)ctx) % 3 != 0; /* some are not known */
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct condition condition;
	struct err err = { 0 };

	if (!condition_parse((struct span){ (const char *)bytes, length }, &condition, &err)) {
		assert(err.kind == ERR_INPUT && strncmp(err.text, "column ", 7) == 0);
		return 0;
	}
	for (int i = 0; i < 3; i++) {
		struct condition_in in = { CONDITION_FALSE, CONDITION_FALSE, value, &i };

		assert(condition_judge(&condition, &in) == CONDITION_FALSE);
		in.surge = in.threshold = CONDITION_TRUE;
		if (condition_judge(&condition, &in) == CONDITION_TRUE)
			assert(condition_bounces(&condition, in.surge, in.threshold) ==
			       CONDITION_TRUE);
	}
	return 0;
}
