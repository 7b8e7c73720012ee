#include "dnsupdate/message.h"

#include "dnsupdate/wire.h"

#include <criterion/criterion.h>

static struct mx_set
set_of(const char *text)
{
	struct mx_set set;
	struct err err;

	cr_assert(mx_parse(span_of(text), &set, &err), "%s", err.text);
	return set;
}

/* "IN 0 14" for each record: class, TTL, octets of RDATA. */
static void
print(const struct message *message, struct text *text)
{
	struct wire_record record;
	size_t at;

	cr_assert(wire_skip_questions(message->wire, message->len, &at));
	text_add(text, "%u,%u,%u:", wire_u16(message->wire + 4), wire_u16(message->wire + 6),
		 wire_u16(message->wire + 8));
	while (at < message->len) {
		cr_assert(wire_next_record(message->wire, message->len, &at, &record));
		cr_assert(record.type == MESSAGE_MX);
		text_add(text, " %u/%u/%u", record.class, record.ttl, record.size > 0);
	}
}

static const struct {
	const char *from, *to, *sections;
} rows[] = {
	{ "604800 10 a.example. 20 b.example.", "300 20 b.example.",
	  "1,2,2: 1/0/1 1/0/1 255/0/0 1/300/1" },
	{ "300 20 b.example.", "604800 10 a.example. 20 b.example. 20 c.example.",
	  "1,1,4: 1/0/1 255/0/0 1/604800/1 1/604800/1 1/604800/1" },
	{ "0", "5 0 .", "1,1,2: 254/0/0 255/0/0 1/5/1" },
};

Test(message, an_update_asks_for_the_whole_set_deletes_it_and_adds_the_wanted_one)
{
	struct message one, two;
	struct err err;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mx_set from = set_of(rows[i].from), to = set_of(rows[i].to);
		char shown[300];
		struct text text = TEXT(shown);

		cr_assert(message_update("example", "example", &from, &to, &one, &err), "%s",
			  err.text);
		print(&one, &text);
		cr_assert_str_eq(shown, rows[i].sections, "row %zu: %s", i, shown);
		cr_assert(wire_u16(one.wire + 2) == 0x2800, "row %zu: RD is set", i);
	}
	cr_assert(message_update("example", "example", &(struct mx_set){ 0 }, NULL, &one, &err));
	cr_assert(wire_u16(one.wire + 6) == 1 && wire_u16(one.wire + 8) == 0, "nothing is changed");
	for (int i = 0;; i++) { /* ids are random: the same one ten times in a row is no accident */
		struct mx_set set = set_of("300 1 a.example.");

		cr_assert(message_update("example", "example", &set, &set, &two, &err));
		if (wire_u16(one.wire) != wire_u16(two.wire))
			break;
		cr_assert(i < 10);
	}
}

Test(message, refuses_an_empty_set_a_ttl_out_of_range_and_what_is_no_name)
{
	struct mx_set from = set_of("300 1 a.example."), to = set_of("300");
	struct message message;
	char name[300];
	struct err err;

	cr_assert(!message_update("example", "example", &from, &to, &message, &err));
	cr_assert(strstr(err.text, "never published"), "%s", err.text);
	to = set_of("2147483648 1 a.example.");
	cr_assert(!message_update("example", "example", &from, &to, &message, &err));
	cr_assert(strstr(err.text, "a TTL is at most"), "%s", err.text);
	to = set_of("2147483647 1 a.example.");
	cr_assert(message_update("example", "example", &from, &to, &message, &err));
	memset(name, 'a', sizeof(name));
	name[64] = '\0';
	cr_assert(!message_query(name, MESSAGE_MX, &message, &err) && err.kind == ERR_INPUT);
	cr_assert(!message_query("a..b", MESSAGE_MX, &message, &err));
}

Test(message, the_largest_sets_fit_with_room_for_a_signature)
{
	struct mx_set set = { .ttl = 300 };
	struct message message;
	struct err err;

	for (unsigned i = 0; i < MX_RECORDS; i++) {
		char name[MX_NAME];

		memset(name, 'a' + (char)i, 253);
		for (int dot = 60; dot < 253; dot += 61)
			name[dot] = '.';
		cr_assert(mx_add(&set, (uint16_t)i, (struct span){ name, 253 }));
	}
	cr_assert(message_update("example", "example", &set, &set, &message, &err), "%s", err.text);
	cr_assert(message.len > 16 * 250 && message.len + 1024 < MESSAGE_ROOM, "%zu", message.len);
}
