/* Whatever the file holds: a key that was read can sign, and an error names its line. */
#include "dnsupdate/key.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tsig_key key;
	struct err err = { 0 };

	if (!key_parse("f", (struct span){ (const char *)data, size }, &key, &err)) {
		if (!span_begins(span_of(err.text), SPAN("f:")) || err.kind != ERR_INPUT)
			abort();
	} else if (key.secret_len == 0 || key.wire_len < 3 || key.wire_len > 255 ||
		   !span_ends(span_of(key.name), SPAN("."))) {
		abort();
	}
	return 0;
}
