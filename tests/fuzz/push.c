/* Whatever the bytes are: what is taken has good names, a kind and a time near ours. */
#include "web/push.h"

#include <assert.h>
#include <stdint.h>

#define NOW 1000000

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct push list[PUSH_MOST];
	unsigned count = 0;
	struct push_place place;
	struct err err = { 0 };

	if (!push_read((struct span){ (const char *)bytes, length }, NOW, list, &count, &place,
		       &err)) {
		assert(err.kind == ERR_INPUT && err.text[0]);
		return 0;
	}
	assert(count >= 1 && count <= PUSH_MOST);
	for (unsigned i = 0; i < count; i++) {
		const struct counter_sample *sample = &list[i].sample;

		assert(list[i].mta[0] && board_name(span_of(list[i].name)));
		assert(sample->kind < COUNTER_KINDS);
		assert(sample->kind == COUNTER_64 || sample->count <= UINT32_MAX);
		assert(!sample->time_us ||
		       (sample->time_us >= (NOW - PUSH_OLDEST) * INT64_C(1000000) &&
			sample->time_us <= (NOW + PUSH_AHEAD) * INT64_C(1000000)));
	}
	return 0;
}
