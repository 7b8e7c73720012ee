#include "daemon/core/contacts.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define START INT64_C(1796000000)
#define HOUR 3600
#define DAY 86400

static struct contacts contacts;

static void
begin(void)
{
	static const uint64_t secret[2] = { 1, 2 };

	contacts_init(&contacts, secret, START);
}

static uint64_t
key(const char *address)
{
	uint64_t out = 0;

	cr_assert(contacts_key(&contacts, span_of(address), &out), "%s", address);
	return out;
}

TestSuite(contacts, .init = begin);

Test(contacts, an_address_stands_for_its_network)
{
	static const struct {
		const char *one, *other;
		bool same;
	} rows[] = {
		{ "192.0.2.1", "192.0.2.254", true },
		{ "192.0.2.1", "192.0.3.1", false },
		{ "192.0.2.1", "::ffff:192.0.2.9", true },
		{ "2001:db8::1", "2001:db8:0:0:ffff::", true },
		{ "2001:db8::1", "2001:DB8:0:0:0:0:0:2", true },
		{ "2001:db8::1", "2001:db8:0:1::1", false },
		{ "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::", true },
		{ "::2", "::3", true },
		{ "1::", "0:1::", false },
		{ "127.0.0.2", "127.0.0.3", true },
		{ "mx.example[192.0.2.1]:25", "192.0.2.2", true },
		{ "mx.example[2001:db8::1]:25", "2001:db8::2", true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_assert_eq(key(rows[i].one) == key(rows[i].other), rows[i].same, "%s, %s",
			     rows[i].one, rows[i].other);
}

Test(contacts, what_is_no_address_of_another_host_has_no_key)
{
	static const char *const rows[] = {
		"",
		"unknown",
		"127.0.0.1",
		"::1",
		"0:0:0:0:0:0:0:1",
		"::",
		"1.2.3",
		"1.2.3.4.",
		"1.2.3.256",
		"1:2:3:4",
		"1:::2",
		"1::2::3",
		"12345::",
		":1",
		"g::1",
		"1:2:3:4:5:6:7:8:9",
		"private/dovecot-lmtp",
		"x[private/lmtp]",
		"mx[127.0.0.1]:25",
		"mx[192.0.2.1",
		"::ffff:127.0.0.1",
	};
	uint64_t out;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_assert_not(contacts_key(&contacts, span_of(rows[i]), &out), "%s", rows[i]);
}

Test(contacts, hashes_are_of_this_installation)
{
	static const uint64_t secret[2] = { 1, 3 };
	uint64_t here = key("192.0.2.1");

	contacts_init(&contacts, secret, START);
	cr_assert_neq(here, key("192.0.2.1"));
}

Test(contacts, who_comes_is_new_once_and_known_after_a_calm_hour)
{
	uint64_t who = key("192.0.2.1");

	cr_assert_eq(contacts_meet(&contacts, who), CONTACTS_NEW);
	cr_assert_eq(contacts_meet(&contacts, who), CONTACTS_YOUNG);
	contacts_settle(&contacts, START + HOUR - 1, false);
	cr_assert_eq(contacts_meet(&contacts, who), CONTACTS_YOUNG);
	contacts_settle(&contacts, START + HOUR, false);
	cr_assert_eq(contacts_meet(&contacts, who), CONTACTS_KNOWN);
}

Test(contacts, who_comes_in_a_surge_does_not_become_known)
{
	uint64_t before = key("192.0.2.1"), in = key("192.0.3.1"), old = key("192.0.4.1");

	contacts_meet(&contacts, old);
	contacts_settle(&contacts, START + HOUR, false);
	contacts_meet(&contacts, before);
	contacts_settle(&contacts, START + HOUR + 60, true);
	contacts_meet(&contacts, in);
	contacts_settle(&contacts, START + 9 * HOUR, true);
	cr_assert_eq(contacts_meet(&contacts, in), CONTACTS_YOUNG);
	contacts_settle(&contacts, START + 10 * HOUR, false);
	cr_assert_eq(contacts_meet(&contacts, before), CONTACTS_NEW, "young when it began");
	cr_assert_eq(contacts_meet(&contacts, in), CONTACTS_NEW, "came in it");
	cr_assert_eq(contacts_meet(&contacts, old), CONTACTS_KNOWN);
}

Test(contacts, who_goes_on_coming_stays_known_and_who_does_not_is_forgotten)
{
	uint64_t stays = key("192.0.2.1"), goes = key("192.0.3.1");

	contacts_meet(&contacts, stays);
	contacts_meet(&contacts, goes);
	for (int64_t now = START; now < START + 22 * DAY; now += HOUR) {
		contacts_meet(&contacts, stays);
		contacts_settle(&contacts, now, false);
	}
	cr_assert_eq(contacts_meet(&contacts, stays), CONTACTS_KNOWN);
	cr_assert_eq(contacts_meet(&contacts, goes), CONTACTS_NEW);
}

Test(contacts, mail_makes_known_at_once_and_its_age_makes_ripe)
{
	uint64_t who = key("192.0.2.1");

	cr_assert_not(contacts_ripe(&contacts, START + 7 * DAY - 1));
	cr_assert(contacts_ripe(&contacts, START + 7 * DAY));
	contacts_learn(&contacts, who, START - 3 * DAY);
	cr_assert_eq(contacts_meet(&contacts, who), CONTACTS_KNOWN);
	cr_assert_not(contacts_ripe(&contacts, START + 4 * DAY - 1));
	cr_assert(contacts_ripe(&contacts, START + 4 * DAY));
}

Test(contacts, more_strangers_than_there_is_room_for_are_all_new)
{
	unsigned strangers = 0;
	char address[32];

	contacts_settle(&contacts, START, true);
	for (unsigned i = 0; i < 100000; i++) {
		snprintf(address, sizeof(address), "2001:db8:%x:%x::1", i >> 16, i & 0xFFFF);
		strangers += contacts_meet(&contacts, key(address)) == CONTACTS_NEW;
	}
	cr_assert_gt(strangers, 99000, "%u; 1 in 100 may be taken for another", strangers);
}

Test(contacts, a_restart_keeps_them)
{
	static struct contacts again;
	static const uint64_t secret[2] = { 7, 7 };
	struct span head = { (const char *)&contacts.head, sizeof(contacts.head) };
	uint64_t who = key("192.0.2.1");

	contacts_init(&again, secret, START);
	contacts_learn(&contacts, who, START);
	contacts_wrote(&contacts, who);
	cr_assert(contacts_load(&again, head));
	for (unsigned i = 0; i < KNOWN_FILTERS; i++) {
		const struct known_filter *filter = &contacts.clients.filter[i];

		cr_assert(
			known_filter_load(&again.clients.filter[i],
					  (struct span){ (const char *)filter, sizeof(*filter) }));
	}
	known_resume(&again.clients, START);
	contacts = again;
	cr_assert_eq(key("192.0.2.1"), who, "the secret is the same");
	cr_assert_eq(contacts_meet(&contacts, who), CONTACTS_KNOWN);
	cr_assert_not(contacts_asked(&contacts, who), "was not carried over");
	head.len--;
	cr_assert_not(contacts_load(&contacts, head));
	head.len++;
	contacts.head.version++;
	cr_assert_not(contacts_load(&contacts, head));
}
