#include "daemon/store/store_outbox.h"

#include "daemon/store/store_hooks.h"
#include "daemon/store/store_journal.h"
#include "daemon/store/store_sql.h"
#include "tests/unit/store/room.h"

#define OK(call) cr_assert((call), "%s: %s", #call, room.err.text)

Test(outbox, journal_pages_and_outbox_tells_in_order)
{
	struct journal_entry entry = { .time_us = 5, .kind = JOURNAL_SPLIT, .domain = "a.jp" };
	struct room room = room_make();
	struct journal_entry *page = calloc(4, sizeof(*page));
	static struct store_outbox_item item;
	static char big[STORE_OUTBOX_PAYLOAD + 1];
	uint64_t waiting, failed;
	unsigned count = 0;
	int64_t last;
	bool found;

	room_open(&room, NULL);
	for (int i = 1; i <= 5; i++) {
		snprintf(entry.text, sizeof(entry.text), "entry %d", i);
		OK(store_journal_add(room.store, &entry, &room.err));
		cr_assert_eq(entry.id, i);
	}
	OK(store_journal_page(room.store, 1, 3, page, &count, &room.err));
	cr_assert(count == 3 && page[0].id == 2 && page[2].id == 4);
	cr_assert_str_eq(page[2].text, "entry 4");
	cr_assert(page[0].kind == JOURNAL_SPLIT && page[0].time_us == 5);
	OK(store_journal_page(room.store, 5, 3, page, &count, &room.err));
	cr_assert_eq(count, 0);
	OK(store_journal_last(room.store, &last, &room.err));
	cr_assert_eq(last, 5);
	/* a whole page of kinds that only a newer program knows is no end */
	OK(store_sql_run(room.store, "write as a newer program",
			 "UPDATE journal SET kind = 'newer' WHERE id IN (2, 3, 5)", &room.err));
	OK(store_journal_page(room.store, 1, 2, page, &count, &room.err));
	cr_assert(count == 1 && page[0].id == 4, "%u entries", count);
	OK(store_journal_page(room.store, 0, 2, page, &count, &room.err));
	cr_assert(count == 2 && page[0].id == 1 && page[1].id == 4, "%u entries", count);
	free(page);

	memset(big, 'x', sizeof(big) - 1);
	cr_assert(!store_outbox_add(room.store, "page", 1, big, 10, &room.err));
	big[STORE_OUTBOX_PAYLOAD - 1] = '\0';
	OK(store_outbox_add(room.store, "page", 1, big, 10, &room.err));
	OK(store_outbox_add(room.store, "page", 2, "{}", 10, &room.err));
	OK(store_outbox_add(room.store, "chat", 2, "{}", 10, &room.err));
	OK(store_outbox_next(room.store, "page", 10, &found, &item, &room.err));
	cr_assert(found && item.journal_id == 1 && item.attempts == 0);
	cr_assert_str_eq(item.payload, big);
	OK(store_outbox_retry(room.store, item.id, 40, "exit 1", &room.err));
	OK(store_outbox_clock_set(room.store, -30, &room.err)); /* it waits as long as before */
	OK(store_outbox_next(room.store, "page", 9, &found, &item, &room.err));
	cr_assert(!found);
	OK(store_outbox_next(room.store, "page", 10, &found, &item, &room.err));
	cr_assert(found && item.not_before == 10);
	OK(store_outbox_clock_set(room.store, 30, &room.err));
	OK(store_outbox_waiting(room.store, &waiting, &failed, &room.err));
	cr_assert(waiting == 3 && failed == 1);
	OK(store_outbox_next(room.store, "page", 39, &found, &item, &room.err));
	cr_assert(!found, "the second one overtakes the first");
	OK(store_outbox_next(room.store, "chat", 39, &found, &item, &room.err));
	cr_assert(found, "one hook holds back another");
	OK(store_outbox_next(room.store, "page", 40, &found, &item, &room.err));
	cr_assert(found && item.attempts == 1 && item.journal_id == 1 && item.not_before == 40);
	OK(store_outbox_done(room.store, item.id, 41, &room.err));
	OK(store_outbox_next(room.store, "page", 41, &found, &item, &room.err));
	cr_assert(found && item.journal_id == 2);
	OK(store_outbox_waiting(room.store, &waiting, &failed, &room.err));
	cr_assert(waiting == 2 && failed == 0);
	room_clear(&room);
}

static void
hear_dead(void *ctx, const struct store_outbox_dead *dead)
{
	struct text *text = ctx;

	text_add(text, "%lld after %u: ", (long long)dead->id, dead->attempts);
	text_add_span(text, dead->why);
	text_add(text, "; ");
}

Test(outbox, dead_letters_are_kept_and_wait_again_in_their_order)
{
	static struct store_outbox_item item;
	struct store_hooks_state state;
	struct room room = room_make();
	char heard[256];
	struct text text = TEXT(heard);
	unsigned count = 0;
	bool found;

	room_open(&room, NULL);
	for (int i = 1; i <= 3; i++)
		OK(store_outbox_add(room.store, "page", i, "{}", 10, &room.err));
	OK(store_outbox_put(room.store, "page", 4, "{}", true, 10, &room.err));
	cr_assert_eq(store_outbox_last(room.store), 4);
	OK(store_outbox_next(room.store, "page", 10, &found, &item, &room.err));
	cr_assert(found && item.id == 4 && item.test, "a test goes first");
	OK(store_outbox_done(room.store, 4, 10, &room.err));
	OK(store_hooks_told(room.store, "page", 4, 10, &room.err));
	for (int64_t i = 1; i <= 2; i++) {
		OK(store_outbox_give_up(room.store, i, 20, "404", &room.err));
		OK(store_hooks_failed(room.store, "page", i, 20, "404", &room.err));
	}
	OK(store_outbox_next(room.store, "page", 20, &found, &item, &room.err));
	cr_assert(found && item.id == 3 && !item.test, "a dead letter holds nothing back");
	OK(store_outbox_dead(room.store, "page", 9, hear_dead, &text, &room.err));
	cr_assert_str_eq(heard, "2 after 1: 404; 1 after 1: 404; ");
	OK(store_hooks_state(room.store, "page", &state, &room.err));
	cr_assert(state.waiting == 1 && state.dead == 2 && !state.failing && state.told == 4 &&
		  state.told_at == 10 && state.failed == 2 && state.failed_at == 20);
	cr_assert_str_eq(state.why, "404");
	OK(store_outbox_resend(room.store, "other", &count, &room.err));
	cr_assert_eq(count, 0);
	OK(store_outbox_resend(room.store, "page", &count, &room.err));
	cr_assert_eq(count, 2);
	OK(store_outbox_next(room.store, "page", 20, &found, &item, &room.err));
	cr_assert(found && item.id == 1 && item.attempts == 0);
	OK(store_outbox_retry(room.store, 1, 99, "503", &room.err));
	OK(store_outbox_next(room.store, "page", 20, &found, &item, &room.err));
	cr_assert(!found, "it waits");
	OK(store_outbox_resend(room.store, "page", &count, &room.err));
	OK(store_outbox_next(room.store, "page", 20, &found, &item, &room.err));
	cr_assert(found && item.id == 1 && item.attempts == 1 && count == 0, "and no longer");
	room_clear(&room);
}

static void
hear_span(void *ctx, struct span span)
{
	text_add_span(ctx, span);
	text_add(ctx, ";");
}

Test(outbox, alerts_that_fire_are_remembered_for_each_hook)
{
	static struct store_hooks_alert alert;
	struct room room = room_make();
	char heard[256];
	struct text text = TEXT(heard);

	room_open(&room, NULL);
	OK(store_outbox_add(room.store, "am", 1, "{1}", 10, &room.err));
	OK(store_outbox_add(room.store, "am", 2, "{2}", 10, &room.err));
	OK(store_outbox_add(room.store, "pager", 2, "{3}", 10, &room.err));
	OK(store_hooks_alert(room.store, "am", "a.jp", "MxsplitSplit", &alert, &room.err));
	cr_assert(alert.item == 0 && !alert.firing);
	OK(store_hooks_note(room.store, 1, "a.jp", "MxsplitSplit", true, &room.err));
	OK(store_hooks_note(room.store, 2, "b.jp", "MxsplitSplit", true, &room.err));
	OK(store_hooks_note(room.store, 3, "a.jp", "MxsplitSplit", true, &room.err));
	OK(store_hooks_firing(room.store, "am", hear_span, &text, &room.err));
	OK(store_hooks_each(room.store, hear_span, &text, &room.err));
	cr_assert_str_eq(heard, "{1};{2};am;pager;");
	OK(store_outbox_add(room.store, "am", 4, "{4}", 10, &room.err));
	OK(store_hooks_note(room.store, 4, "a.jp", "MxsplitSplit", false, &room.err));
	OK(store_hooks_alert(room.store, "am", "a.jp", "MxsplitSplit", &alert, &room.err));
	cr_assert(alert.item == 4 && !alert.firing);
	cr_assert_str_eq(alert.payload, "{4}");
	OK(store_hooks_quiet(room.store, "am", "b.jp", "MxsplitSurge", &room.err));
	text = TEXT(heard);
	OK(store_hooks_firing(room.store, "am", hear_span, &text, &room.err));
	cr_assert_str_eq(heard, "{2};", "another alert of this domain");
	OK(store_hooks_quiet(room.store, "am", "", NULL, &room.err));
	text = TEXT(heard);
	OK(store_hooks_each(room.store, hear_span, &text, &room.err));
	cr_assert_str_eq(heard, "pager;");
	room_clear(&room);
}
