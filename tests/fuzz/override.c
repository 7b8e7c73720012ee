/* Whatever the bytes are: an order that is taken is one that may stand in the journal. */
#include "web/override.h"
#include "daemon/base/text.h"

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct override order = { 0 };
	char field[OVERRIDE_FIELD], clean[3 * OVERRIDE_REASON];
	struct text text = TEXT(clean);
	struct err err = { 0 };

	if (!override_read((struct span){ (const char *)bytes, length }, 1000, &order, field,
			   &err)) {
		assert(err.kind == ERR_INPUT && err.text[0] && !order.since);
		return 0;
	}
	text_add_scrubbed(&text, span_of(order.reason));
	assert(strcmp(clean, order.reason) == 0);
	assert(order.since == 1000 && order.expires <= 1000 + OVERRIDE_LONGEST);
	assert((order.order == ORDER_AUTO) == (order.expires == 1000));
	return 0;
}
