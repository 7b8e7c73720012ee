/* Whatever stands behind the question in an answer: a set that was read is bounded and can be
 * printed and read again, and an error is a sentence. The first two octets are the counts of
 * records. */
#include "dnsupdate/answer.h"

#include <stdlib.h>

#define ASKED "\0\0\0\0\0\1\0\0\0\0\0\0\1a\0\0\x0f\0\1"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t wire[65535] = ASKED;
	static char print[MX_RECORDS * (MX_NAME + 8)];
	struct mx_set set, again;
	struct text text = TEXT(print);
	struct err err = { 0 };
	uint32_t serial;

	(void)answer_judge((const uint8_t *)ASKED, sizeof(ASKED) - 1, data, size);
	if (size < 2 || size > 60000)
		return 0;
	wire[2] = 0x84;
	wire[7] = data[0];
	wire[9] = data[1];
	memcpy(wire + sizeof(ASKED) - 1, data + 2, size - 2);
	size += sizeof(ASKED) - 3;
	if (answer_judge((const uint8_t *)ASKED, sizeof(ASKED) - 1, wire, size) != ANSWER_OURS)
		abort();
	(void)!answer_soa(wire, size, "a", &serial, NULL);
	if (!answer_mx(wire, size, "a", &set, &err))
		return err.text[0] ? 0 : (abort(), 0);
	mx_print(&set, &text);
	if (set.count > MX_RECORDS || text.cut || !mx_parse(span_of(print), &again, &err) ||
	    !mx_equal(&set, &again))
		abort();
	return 0;
}
