#include "dnsupdate/answer.h"

#include "dnsupdate/message.h"
#include "dnsupdate/wire.h"

#include <criterion/criterion.h>
#include <stdio.h>

struct bytes {
	uint8_t at[4096];
	size_t len;
};

/* "\x07example\x04test" as the question's name stands at 12. */
#define NAME "\xc0\x0c"
#define MX(preference, exchange) NAME "\0\x0f\0\1\0\0\1\x2c\0" exchange

static void
add(struct bytes *bytes, const void *from, size_t len)
{
	memcpy(bytes->at + bytes->len, from, len);
	bytes->len += len;
}

/* An answer to `question` with these flags and one section of records. */
static struct bytes
answer_to(const struct message *question, uint16_t flags, unsigned answers, unsigned authority,
	  const void *records, size_t len)
{
	struct bytes bytes = { 0 };

	add(&bytes, question->wire, question->len);
	wire_put16(bytes.at + 2, flags);
	wire_put16(bytes.at + 6, (uint16_t)answers);
	wire_put16(bytes.at + 8, (uint16_t)authority);
	wire_put16(bytes.at + 10, 0);
	add(&bytes, records, len);
	return bytes;
}

#define ROW(text) text, sizeof(text) - 1
#define M1 NAME "\0\x0f\0\1\0\x09\x3a\x80\0\x09\0\x0a\4MTA1" NAME
#define M2 NAME "\0\x0f\0\1\0\x09\x3a\x80\0\x09\0\x14\4mta2" NAME
#define M2_300 NAME "\0\x0f\0\1\0\0\1\x2c\0\x09\0\x14\4mta2" NAME
#define OTHER "\4mta1" NAME "\0\x0f\0\1\0\0\1\x2c\0\x09\0\x14\4mta9" NAME
#define NULL_MX NAME "\0\x0f\0\1\0\0\1\x2c\0\3\0\0\0"
#define ALIAS NAME "\0\5\0\1\0\0\1\x2c\0\7\4real" NAME
#define REFERRAL NAME "\0\2\0\1\0\0\1\x2c\0\6\3ns9" NAME
#define SOA NAME "\0\6\0\1\0\0\1\x2c\0\x18" NAME NAME "\x80\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5"
#define SHORT NAME "\0\x0f\0\1\0\0\1\x2c\0\1\0"

static const struct {
	uint16_t flags;
	unsigned answers, authority;
	const char *records;
	size_t len;
	const char *set, *error; /* one of them */
} rows[] = {
	{ 0x8400, 2, 0, ROW(M2 M1), "604800 10 mta1.example.test. 20 mta2.example.test.", NULL },
	{ 0x8400, 2, 0, ROW(M1 M2_300), "300 10 mta1.example.test. 20 mta2.example.test.", NULL },
	{ 0x8400, 2, 0, ROW(OTHER M2), "604800 20 mta2.example.test.", NULL },
	{ 0x8400, 1, 0, ROW(NULL_MX), "300 0 .", NULL },
	{ 0x8400, 0, 1, ROW(SOA), "0", NULL },
	{ 0x8000, 1, 0, ROW(M1), NULL, "answers without authority" },
	{ 0x8000, 0, 1, ROW(REFERRAL), NULL,
	  "has not got the zone, it refers to ns9.example.test." },
	{ 0x8400, 1, 0, ROW(ALIAS), NULL, "says that the name is an alias (CNAME) of real" },
	{ 0x8403, 0, 1, ROW(SOA), NULL, "says that the name does not exist" },
	{ 0x8405, 0, 0, ROW(""), NULL, "answered REFUSED" },
	{ 0x8402, 0, 0, ROW(""), NULL, "answered SERVFAIL" },
	{ 0x840c, 0, 0, ROW(""), NULL, "answered rcode 12" },
	{ 0x8400, 2, 0, ROW(M1), NULL, "sent an answer that cannot be read" },
	{ 0x8400, 1, 0, ROW(SHORT), NULL, "sent an answer that cannot be read" },
};

Test(answer, reads_the_mx_set_or_says_why_not)
{
	struct message question;
	struct err err;

	cr_assert(message_query("example.test", MESSAGE_MX, &question, &err));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes bytes = answer_to(&question, rows[i].flags, rows[i].answers,
					       rows[i].authority, rows[i].records, rows[i].len);
		struct mx_set set = { .ttl = 7 };
		char shown[600];
		struct text text = TEXT(shown);
		bool good = answer_mx(bytes.at, bytes.len, "Example.Test.", &set, &err);

		cr_assert(answer_judge(question.wire, question.len, bytes.at, bytes.len) ==
				  ANSWER_OURS,
			  "row %zu", i);
		mx_print(&set, &text);
		cr_assert(good == !rows[i].error, "row %zu: %s", i, good ? shown : err.text);
		if (good)
			cr_assert_str_eq(shown, rows[i].set, "row %zu: %s", i, shown);
		else
			cr_assert(strstr(err.text, rows[i].error) && set.ttl == 7, "row %zu: %s", i,
				  err.text);
		for (size_t cut = 0; cut < bytes.len; cut++)
			(void)!answer_mx(bytes.at, cut, "example.test", &set, NULL);
	}
}

Test(answer, takes_sixteen_records_and_not_one_more)
{
	struct message question;
	struct err err;

	cr_assert(message_query("example.test", MESSAGE_MX, &question, &err));
	for (unsigned count = MX_RECORDS - 1; count <= MX_RECORDS + 1; count++) {
		struct bytes bytes = answer_to(&question, 0x8400, count, 0, "", 0);
		struct mx_set set;

		for (unsigned i = 0; i < count; i++)
			add(&bytes, M2, sizeof(M2) - 1);
		cr_assert(answer_mx(bytes.at, bytes.len, "example.test", &set, &err) ==
				  (count <= MX_RECORDS),
			  "%u records", count);
	}
	cr_assert(strstr(err.text, "more than 16"), "%s", err.text);
}

Test(answer, reads_the_serial)
{
	struct message question;
	struct bytes bytes;
	uint32_t serial = 0;
	struct err err;

	cr_assert(message_query("example.test", MESSAGE_SOA, &question, &err));
	bytes = answer_to(&question, 0x8400, 1, 0, ROW(SOA));
	cr_assert(answer_soa(bytes.at, bytes.len, "example.test", &serial, &err), "%s", err.text);
	cr_assert(serial == 0x80000001u, "%x", serial);
	bytes = answer_to(&question, 0x8400, 0, 1, ROW(SOA));
	cr_assert(!answer_soa(bytes.at, bytes.len, "example.test", &serial, &err));
	cr_assert(strstr(err.text, "no SOA"), "%s", err.text);
}

static const struct {
	size_t at; /* octet that is changed in a right answer */
	uint8_t flip;
	enum answer_kind query, update;
} odd[] = {
	{ 0, 1, ANSWER_ODD, ANSWER_ODD }, /* id */
	{ 1, 1, ANSWER_ODD, ANSWER_ODD },
	{ 2, 0x80, ANSWER_ODD, ANSWER_ODD }, /* a question, not an answer */
	{ 2, 0x08, ANSWER_ODD, ANSWER_ODD }, /* opcode */
	{ 2, 0x40, ANSWER_ODD, ANSWER_ODD },
	{ 2, 0x02, ANSWER_TRUNCATED, ANSWER_TRUNCATED },
	{ 5, 1, ANSWER_ODD, ANSWER_OURS },	/* no question at all */
	{ 5, 3, ANSWER_ODD, ANSWER_ODD },	/* two questions */
	{ 13, 0x20, ANSWER_OURS, ANSWER_OURS }, /* the case of a letter */
	{ 13, 1, ANSWER_ODD, ANSWER_ODD },	/* another name */
	{ 12, 1, ANSWER_ODD, ANSWER_ODD },
	{ 26, 1, ANSWER_ODD, ANSWER_ODD },  /* type */
	{ 28, 1, ANSWER_ODD, ANSWER_ODD },  /* class */
	{ 3, 5, ANSWER_OURS, ANSWER_OURS }, /* rcode */
};

Test(answer, knows_the_answer_to_its_question)
{
	struct mx_set set = { .ttl = 300 };
	struct message question, update;
	struct err err;

	cr_assert(mx_add(&set, 10, SPAN("mta1.example.test")));
	cr_assert(message_query("example.test", MESSAGE_MX, &question, &err));
	cr_assert(message_update("example.test", "example.test", &set, &set, &update, &err));
	cr_assert(question.len == 30 && wire_u16(question.wire + 2) == 0);
	cr_assert(wire_u16(update.wire + 2) == 5 << 11, "no RD in an update");
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		for (int pass = 0; pass < 2; pass++) {
			const struct message *asked = pass ? &update : &question;
			enum answer_kind kind, wanted = pass ? odd[i].update : odd[i].query;
			uint8_t reply[30];

			memcpy(reply, asked->wire, 30);
			reply[2] |= 0x80;
			reply[odd[i].at] ^= odd[i].flip;
			kind = answer_judge(asked->wire, asked->len, reply, 30);
			cr_assert(kind == wanted, "row %zu pass %d: %d", i, pass, (int)kind);
			for (unsigned id = 1; id <= UINT16_MAX && i == 0; id++) {
				wire_put16(reply, (uint16_t)(wire_u16(asked->wire) + id));
				kind = answer_judge(asked->wire, asked->len, reply, 30);
				cr_assert(kind == ANSWER_ODD, "id + %u", id);
			}
			for (size_t cut = 0; cut < 12; cut++)
				cr_assert(answer_judge(asked->wire, asked->len, reply, cut) ==
					  ANSWER_ODD);
		}
}
