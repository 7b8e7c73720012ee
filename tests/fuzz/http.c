/* Whatever bytes come: the whole server answers without a fault of its own, or closes. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#define cr_assert(what, ...) assert(what)
#define cr_assert_eq(a, b, ...) assert((a) == (b))
#define cr_assert_str_eq(a, b) assert(strcmp(a, b) == 0)
#include "tests/unit/web/room.h"

static struct room room;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	if (!room.web)
		room_open(&room, 0);
	if (length == 0)
		return 0;
	room_throw(&room, bytes[0] & 1, (struct span){ (const char *)bytes + 1, length - 1 });
	assert(room_status(&room) < 500 || room_status(&room) == 505 ||
	       strstr(room.reply, "streams are open"));
	return 0;
}
