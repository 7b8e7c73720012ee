#include "daemon/store/store_journal.h"

#include "daemon/store/store_sql.h"

bool
store_journal_add(struct store *store, struct journal_entry *entry, struct err *err)
{
	struct store_sql sql =
		store_sql_start(store, "add to the journal",
				"INSERT INTO journal (time_us, kind, domain, text, numbers)"
				" VALUES (?1, ?2, ?3, ?4, ?5)");

	store_sql_integer(&sql, entry->time_us);
	store_sql_text(&sql, span_of(journal_name(entry->kind)));
	store_sql_text(&sql, span_of(entry->domain));
	store_sql_text(&sql, span_of(entry->text));
	store_sql_text(&sql, span_of(entry->numbers));
	if (!store_sql_end(&sql, err))
		return false;
	entry->id = sqlite3_last_insert_rowid(store->db);
	return true;
}

/* Says false for a kind that this program does not know (written by a newer one): left out. */
static bool
read_entry(struct store_sql *sql, struct journal_entry *out)
{
	struct journal_entry entry = { .id = store_sql_integer_at(sql, 0),
				       .time_us = store_sql_integer_at(sql, 1) };

	if (!journal_from_name(store_sql_span_at(sql, 2), &entry.kind))
		return false;
	store_sql_copy_at(sql, 3, entry.domain, sizeof(entry.domain), NULL);
	store_sql_copy_at(sql, 4, entry.text, sizeof(entry.text), NULL);
	store_sql_copy_at(sql, 5, entry.numbers, sizeof(entry.numbers), NULL);
	*out = entry;
	return true;
}

bool
store_journal_page(struct store *store, int64_t after, unsigned limit, struct journal_entry *out,
		   unsigned *count_out, struct err *err)
{
	struct store_sql sql =
		store_sql_start(store, "read the journal",
				"SELECT id, time_us, kind, domain, text, numbers FROM journal"
				" WHERE id > ?1 ORDER BY id LIMIT ?2");
	unsigned count = 0;

	store_sql_integer(&sql, after);
	store_sql_integer(&sql, limit);
	while (store_sql_row(&sql))
		if (read_entry(&sql, &out[count]))
			count++;
	if (!store_sql_end(&sql, err))
		return false;
	*count_out = count;
	return true;
}

bool
store_journal_last(struct store *store, int64_t *id_out, struct err *err)
{
	struct store_sql sql = store_sql_start(store, "read the journal's end",
					       "SELECT ifnull(max(id), 0) FROM journal");
	int64_t id = 0;

	if (store_sql_row(&sql))
		id = store_sql_integer_at(&sql, 0);
	if (!store_sql_end(&sql, err))
		return false;
	*id_out = id;
	return true;
}
