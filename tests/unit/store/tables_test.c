#include "daemon/store/store_counts.h"
#include "daemon/store/store_cursors.h"
#include "daemon/store/store_intents.h"
#include "daemon/store/store_journal.h"
#include "daemon/store/store_outbox.h"
#include "daemon/store/store_prune.h"
#include "daemon/store/store_samples.h"
#include "daemon/store/store_state.h"
#include "tests/unit/store/room.h"

#define OK(call) cr_assert((call), "%s: %s", #call, room.err.text)

struct heard {
	char text[1024];
	struct text said;
};

static void
total(void *ctx, struct span domain, enum event_kind kind, int64_t count)
{
	text_add(ctx, "%.*s %s %lld; ", (int)domain.len, domain.at, event_name(kind),
		 (long long)count);
}

static void
point(void *ctx, int64_t minute, enum event_kind kind, int64_t count)
{
	text_add(ctx, "%d %s %d; ", (int)minute, event_name(kind), (int)count);
}

static void
row(void *ctx, struct span key, struct span value)
{
	text_add(ctx, "%.*s=%.*s; ", (int)key.len, key.at, (int)value.len, value.at);
}

static const char *
totals(struct room *room, struct heard *heard, int64_t from, int64_t to)
{
	heard->said = TEXT(heard->text);
	cr_assert(store_counts_totals(room->store, from, to, total, &heard->said, &room->err), "%s",
		  room->err.text);
	return heard->text;
}

static const char *
series_of(struct room *room, struct heard *heard, const char *domain)
{
	heard->said = TEXT(heard->text);
	cr_assert(store_counts_series(room->store, domain, NULL, 0, 0, point, &heard->said,
				      &room->err),
		  "%s", room->err.text);
	return heard->text;
}

static const char *
series(struct room *room, struct heard *heard, const char *source, int64_t from, int64_t to)
{
	heard->said = TEXT(heard->text);
	cr_assert(store_counts_series(room->store, "a.jp", source, from, to, point, &heard->said,
				      &room->err),
		  "%s", room->err.text);
	return heard->text;
}

Test(tables, counts_add_up_over_sources_and_time)
{
	static const struct {
		const char *source, *domain;
		enum event_kind kind;
		int64_t minute, delta;
	} rows[] = {
		{ "log1", "a.jp", EVENT_BOUNCE_REFUSED, 100, 2 },
		{ "log1", "a.jp", EVENT_BOUNCE_REFUSED, 100, 3 },
		{ "log2", "a.jp", EVENT_BOUNCE_REFUSED, 100, 10 },
		{ "log1", "a.jp", EVENT_MAIL_ACCEPTED, 101, 1 },
		{ "log1", "", EVENT_BOUNCE_ACCEPTED, 101, 5000000000 },
		{ "log1", "b'\";.jp", EVENT_PROBE, 102, 4 },
		{ "log1", "c.jp", EVENT_PROBE, 102, 4 },
		{ "log1", "c.jp", EVENT_PROBE, 102, -4 },
	};
	struct room room = room_make();
	struct heard heard;

	room_open(&room, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		OK(store_counts_add(room.store, rows[i].source, span_of(rows[i].domain),
				    rows[i].kind, rows[i].minute, rows[i].delta, &room.err));
	cr_assert_str_eq(
		totals(&room, &heard, 0, 0),
		" bounce-accepted 5000000000; a.jp bounce-refused 15; a.jp mail-accepted 1; "
		"b'\";.jp probe 4; ");
	cr_assert_str_eq(totals(&room, &heard, 100, 101), "a.jp bounce-refused 15; ");
	cr_assert_str_eq(totals(&room, &heard, 103, 200), "");
	cr_assert_str_eq(series(&room, &heard, NULL, 0, 0),
			 "100 bounce-refused 15; 101 mail-accepted 1; ");
	cr_assert_str_eq(series(&room, &heard, "log2", 0, 1000), "100 bounce-refused 10; ");
	cr_assert_str_eq(series(&room, &heard, "log3", 0, 1000), "");
	for (int kind = 0; kind < EVENT_KINDS; kind++)
		OK(store_counts_add(room.store, "all", SPAN("k.jp"), (enum event_kind)kind, 7, 1,
				    &room.err));
	totals(&room, &heard, 7, 8);
	for (int kind = 0; kind < EVENT_KINDS; kind++)
		cr_assert(strstr(heard.text, event_name((enum event_kind)kind)), "%s is lost",
			  event_name((enum event_kind)kind));
	room_clear(&room);
}

Test(tables, domains_that_strangers_choose_are_bounded)
{
	struct room room = room_make();
	struct heard heard;
	char name[32];

	room_open(&room, NULL);
	OK(store_counts_know(room.store, "ours.jp", &room.err));
	OK(store_begin(room.store, &room.err));
	for (int i = 0; i < STORE_COUNTS_NAMES + 10; i++) {
		snprintf(name, sizeof(name), "d%d.example", i);
		OK(store_counts_add(room.store, "log", span_of(name), EVENT_BOUNCE_REFUSED, 7, 1,
				    &room.err));
	}
	OK(store_commit(room.store, &room.err));
	OK(store_counts_add(room.store, "log", SPAN("ours.jp"), EVENT_BOUNCE_REFUSED, 8, 3,
			    &room.err));
	OK(store_counts_add(room.store, "log", SPAN("late.jp"), EVENT_BOUNCE_REFUSED, 8, 2,
			    &room.err));
	/* the source, the kind, our domain and "other" are names as well */
	cr_assert_str_eq(totals(&room, &heard, 8, 9),
			 "other bounce-refused 2; ours.jp bounce-refused 3; ");
	cr_assert_str_eq(series_of(&room, &heard, "other"),
			 "7 bounce-refused 13; 8 bounce-refused 2; ");
	room_clear(&room);
}

/* Names that a transaction made are gone with it, and another gets their numbers. */
Test(tables, names_of_a_transaction_that_was_given_up_are_not_remembered)
{
	static const char long_name[] =
		"a-domain-whose-name-is-longer-than-what-is-remembered-of-names.example.jp";
	static const char *const names[] = { "b.jp", "a.jp", long_name, "b.jp", "a.jp", long_name };
	struct room room = room_make();
	struct heard heard;

	room_open(&room, NULL);
	OK(store_begin(room.store, &room.err));
	OK(store_counts_add(room.store, "log", SPAN("a.jp"), EVENT_PROBE, 7, 1, &room.err));
	OK(store_counts_add(room.store, "log", SPAN("b.jp"), EVENT_PROBE, 7, 1, &room.err));
	store_rollback(room.store);
	OK(store_begin(room.store, &room.err));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		OK(store_counts_add(room.store, "log", span_of(names[i]), EVENT_PROBE, 7,
				    (int64_t)i + 1, &room.err));
	OK(store_commit(room.store, &room.err));
	cr_assert_str_eq(
		totals(&room, &heard, 0, 0),
		"a-domain-whose-name-is-longer-than-what-is-remembered-of-names.example.jp "
		"probe 9; a.jp probe 7; b.jp probe 5; ");
	room_clear(&room);
}

Test(tables, cursors_open_ids_and_states_are_bytes)
{
	struct room room = room_make();
	struct heard heard = { .said = TEXT(heard.text) };
	char bytes[8];
	size_t length;

	room_open(&room, NULL);
	OK(store_cursors_get(room.store, "log", bytes, sizeof(bytes), &length, &room.err));
	cr_assert_eq(length, 0);
	OK(store_cursors_put(room.store, "log", SPAN("first"), &room.err));
	OK(store_cursors_put(room.store, "log", SPAN("a\0b\xff"), &room.err));
	OK(store_cursors_get(room.store, "log", bytes, sizeof(bytes), &length, &room.err));
	cr_assert(length == 4 && memcmp(bytes, "a\0b\xff", 4) == 0);
	cr_assert(!store_cursors_get(room.store, "log", bytes, 3, &length, &room.err));
	OK(store_cursors_get(room.store, "log", bytes, 4, &length, &room.err));

	OK(store_cursors_put_open(room.store, "log", SPAN("ID2"), SPAN("x"), &room.err));
	OK(store_cursors_put_open(room.store, "log", SPAN("ID1"), SPAN("y"), &room.err));
	OK(store_cursors_put_open(room.store, "other", SPAN("ID9"), SPAN("z"), &room.err));
	OK(store_cursors_put_open(room.store, "log", SPAN("ID1"), SPAN("Y"), &room.err));
	OK(store_cursors_each_open(room.store, "log", row, &heard.said, &room.err));
	cr_assert_str_eq(heard.text, "ID1=Y; ID2=x; ");
	OK(store_cursors_put_open(room.store, "log", SPAN("ID1"), SPAN(""), &room.err));
	OK(store_cursors_forget_open(room.store, "other", &room.err));
	heard.said = TEXT(heard.text);
	OK(store_cursors_each_open(room.store, "log", row, &heard.said, &room.err));
	OK(store_cursors_each_open(room.store, "other", row, &heard.said, &room.err));
	cr_assert_str_eq(heard.text, "ID2=x; ");

	OK(store_state_put(room.store, "a.jp", "detect", SPAN("one"), &room.err));
	OK(store_state_put(room.store, "a.jp", "detect", SPAN("two"), &room.err));
	OK(store_state_put(room.store, "b.jp", "detect", SPAN("three"), &room.err));
	OK(store_state_get(room.store, "a.jp", "detect", bytes, sizeof(bytes), &length, &room.err));
	cr_assert(length == 3 && memcmp(bytes, "two", 3) == 0);
	OK(store_state_get(room.store, "b.jp", "detect", bytes, 5, &length, &room.err));
	cr_assert(length == 5 && memcmp(bytes, "three", 5) == 0);
	OK(store_state_get(room.store, "b.jp", "detect", bytes, 4, &length, &room.err));
	cr_assert(length == 1 && bytes[0] == '\0', "longer than the room");
	OK(store_state_put(room.store, "a.jp", "detect", SPAN(""), &room.err));
	OK(store_state_get(room.store, "a.jp", "detect", bytes, sizeof(bytes), &length, &room.err));
	cr_assert_eq(length, 0);
	room_clear(&room);
}

Test(tables, overrides_and_intents_survive)
{
	struct override order = { ORDER_SPLIT, 100, 5000000000, "ops", "it's a \"test\"" }, back;
	struct mx_set from = { .ttl = 604800 }, want = { .ttl = 300 }, got;
	struct room room = room_make();
	int64_t first, second, id = 0;

	cr_assert(mx_add(&from, 10, SPAN("mta1.example.jp")));
	cr_assert(mx_add(&from, 20, SPAN("mta2.example.jp")));
	cr_assert(mx_add(&want, 20, SPAN("mta2.example.jp")));
	room_open(&room, NULL);
	OK(store_state_get_override(room.store, "a.jp", &back, &room.err));
	cr_assert(back.order == ORDER_AUTO && back.expires == 0 && back.by[0] == '\0');
	OK(store_state_put_override(room.store, "a.jp", &order, &room.err));
	order.order = ORDER_NORMAL;
	OK(store_state_put_override(room.store, "a.jp", &order, &room.err));
	OK(store_intents_last_open(room.store, "a.jp", &id, &got, &room.err));
	cr_assert_eq(id, 0);
	OK(store_intents_open(room.store, "a.jp", &from, &want, 50, &first, &room.err));
	OK(store_intents_close(room.store, first, "confirmed", 60, &room.err));
	OK(store_intents_last_open(room.store, "a.jp", &id, &got, &room.err));
	cr_assert_eq(id, 0);
	OK(store_intents_open(room.store, "a.jp", &want, &from, 70, &second, &room.err));
	store_close(room.store);

	room_open(&room, NULL);
	OK(store_state_get_override(room.store, "a.jp", &back, &room.err));
	cr_assert(back.order == ORDER_NORMAL && back.since == 100 && back.expires == 5000000000);
	cr_assert_str_eq(back.reason, order.reason);
	OK(store_intents_last_open(room.store, "a.jp", &id, &got, &room.err));
	cr_assert(id == second && second > first && mx_equal(&got, &from));
	order.order = ORDER_AUTO;
	OK(store_state_put_override(room.store, "a.jp", &order, &room.err));
	OK(store_state_get_override(room.store, "a.jp", &back, &room.err));
	cr_assert(back.order == ORDER_AUTO && back.since == 0);
	room_clear(&room);
}

Test(tables, prune_makes_hours_and_bounds_the_rest)
{
	struct store_keep keep = { .minutes_days = 1,
				   .hours_days = 100,
				   .journal_rows = 3,
				   .intent_rows = 1,
				   .outbox_rows = 2 };
	int64_t now = 2000 * 3600 + 1234, id, last_minute = now / 60;
	struct mx_set set = { .ttl = 1 };
	struct journal_entry entry = { .kind = JOURNAL_START };
	struct room room = room_make();
	struct journal_entry *page = calloc(8, sizeof(*page));
	struct heard before, after;
	unsigned count;

	room_open(&room, NULL);
	OK(store_begin(room.store, &room.err));
	for (int64_t minute = last_minute - 5000; minute <= last_minute; minute += 7)
		OK(store_counts_add(room.store, minute % 2 ? "log1" : "log2", SPAN("a.jp"),
				    minute % 3 ? EVENT_BOUNCE_REFUSED : EVENT_DELIVERED, minute,
				    minute % 11, &room.err));
	for (int i = 0; i < 6; i++) {
		OK(store_journal_add(room.store, &entry, &room.err));
		OK(store_intents_open(room.store, "a.jp", &set, &set, 1, &id, &room.err));
		if (i > 0)
			OK(store_intents_close(room.store, id, "confirmed", 2, &room.err));
		OK(store_outbox_add(room.store, "page", i, "{}", 1, &room.err));
	}
	OK(store_outbox_done(room.store, 1, 1, &room.err));
	OK(store_commit(room.store, &room.err));
	totals(&room, &before, 0, 0);
	for (unsigned call = 0; call < 5; call++)
		OK(store_prune(room.store, now, &keep, &room.err));
	cr_assert_str_eq(before.text, totals(&room, &after, 0, 0));
	/* Late counts for a minute that is an hour now join it. */
	OK(store_counts_add(room.store, "log1", SPAN("a.jp"), EVENT_PROBE, last_minute - 4000, 5,
			    &room.err));
	OK(store_prune(room.store, now, &keep, &room.err));
	OK(store_counts_add(room.store, "log1", SPAN("a.jp"), EVENT_PROBE, last_minute - 3999, -2,
			    &room.err));
	OK(store_prune(room.store, now, &keep, &room.err));
	totals(&room, &after, 0, 0);
	cr_assert(strstr(after.text, "a.jp probe 3;"), "%s", after.text);
	OK(store_journal_page(room.store, 0, 8, page, &count, &room.err));
	cr_assert(count == 3 && page[0].id == 4 && page[2].id == 6);
	free(page);
	cr_assert_str_eq(series(&room, &after, NULL, last_minute - 5000, last_minute - 4990),
			 "115020 bounce-refused 37; 115020 delivered 9; ");
	keep.hours_days = 2;
	OK(store_prune(room.store, now, &keep, &room.err));
	cr_assert_str_eq(totals(&room, &after, 0, last_minute - 3 * 1440), "");
	room_clear(&room);
}

static void
minute_of(void *ctx, const struct board_minute *minute)
{
	text_add(ctx, "%d %g %g %g; ", (int)minute->minute, minute->last, minute->least,
		 minute->greatest);
}

Test(tables, samples_of_a_minute_join_and_old_ones_go)
{
	struct room room = room_make();
	struct board_minute minutes[] = { { 100, 5, 4, 6 },
					  { 100, 7, 5, 7 },
					  { 101, 1.5, 1.5, 2 } };
	struct store_keep keep = { .minutes_days = 1 };
	struct heard heard = { .said = TEXT(heard.text) };

	heard.said = TEXT(heard.text);
	room_open(&room, NULL);
	OK(store_begin(room.store, &room.err));
	for (unsigned i = 0; i < 3; i++)
		OK(store_samples_put(room.store, "a.jp", "load1", &minutes[i], &room.err));
	OK(store_samples_put(room.store, "a.jp", "load5", &minutes[0], &room.err));
	OK(store_commit(room.store, &room.err));
	OK(store_samples_series(room.store, "a.jp", "load1", 0, 1000, minute_of, &heard.said,
				&room.err));
	cr_assert_str_eq(heard.text, "100 7 4 7; 101 1.5 1.5 2; ");
	OK(store_prune(room.store, (101 + 1440) * 60, &keep, &room.err));
	heard.said = TEXT(heard.text);
	OK(store_samples_series(room.store, "a.jp", "load1", 0, 1000, minute_of, &heard.said,
				&room.err));
	cr_assert_str_eq(heard.text, "100 7 4 7; 101 1.5 1.5 2; ", "whole hours only");
	OK(store_prune(room.store, (60 * 26) * 60, &keep, &room.err));
	heard.said = TEXT(heard.text);
	OK(store_samples_series(room.store, "a.jp", "load1", 0, 1000, minute_of, &heard.said,
				&room.err));
	cr_assert_str_eq(heard.text, "", "%s", heard.text);
	room_clear(&room);
}
