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

/* The next `limit` rows, and how many of them were known. `*after` becomes the last one's id. */
static bool
read_rows(struct store *store, int64_t *after, unsigned limit, struct journal_entry *out,
	  unsigned *rows_out, unsigned *known_out, struct err *err)
{
	struct store_sql sql =
		store_sql_start(store, "read the journal",
				"SELECT id, time_us, kind, domain, text, numbers FROM journal"
				" WHERE id > ?1 ORDER BY id LIMIT ?2");
	unsigned rows = 0, known = 0;

	store_sql_integer(&sql, *after);
	store_sql_integer(&sql, limit);
	for (; store_sql_row(&sql); rows++) {
		*after = store_sql_integer_at(&sql, 0);
		if (read_entry(&sql, &out[known]))
			known++;
	}
	*rows_out = rows;
	*known_out = known;
	return store_sql_end(&sql, err);
}

bool
store_journal_page(struct store *store, int64_t after, unsigned limit, struct journal_entry *out,
		   unsigned *count_out, struct err *err)
{
	unsigned count = 0, rows, known, left;

	do {
		left = limit - count;
		if (!read_rows(store, &after, left, out + count, &rows, &known, err))
			return false;
		count += known;
	} while (count < limit && rows == left);
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
