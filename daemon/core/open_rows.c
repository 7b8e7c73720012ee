#include "daemon/core/open_rows.h"

#define ROW_TYPE 'o'
#define ROW_KEY 13 /* type, key, group */

static void
row_key(uint64_t key, uint32_t group, char out[ROW_KEY])
{
	out[0] = ROW_TYPE;
	memcpy(out + 1, &key, sizeof(key));
	memcpy(out + 1 + sizeof(key), &group, sizeof(group));
}

void
open_rows_changes(struct open_ids *ids, open_rows_row *row, void *ctx)
{
	const struct open_ids_gone *gone;
	char key[ROW_KEY];
	size_t count;

	/* Those that are gone first: one of them may be open again. */
	gone = open_ids_gone(ids, &count);
	for (size_t i = 0; i < count; i++) {
		row_key(gone[i].key, gone[i].group, key);
		row(ctx, (struct span){ key, sizeof(key) }, (struct span){ key, 0 });
	}
	for (struct open_id *open = open_ids_oldest(ids); open;
	     open = open_ids_younger(ids, open)) {
		if (!open->changed)
			continue;
		row_key(open->facts.key, open->facts.group, key);
		row(ctx, (struct span){ key, sizeof(key) },
		    (struct span){ (const char *)&open->facts, sizeof(open->facts) });
	}
}

void
open_rows_saved(struct open_ids *ids)
{
	open_ids_forget_gone(ids);
	for (struct open_id *open = open_ids_oldest(ids); open;
	     open = open_ids_younger(ids, open)) {
		open->stored = true;
		open->changed = false;
	}
}

bool
open_rows_restore(struct open_ids *ids, struct span key, struct span value)
{
	struct open_facts facts;
	struct open_id *open;

	if (key.len != ROW_KEY || key.at[0] != ROW_TYPE || value.len != sizeof(facts))
		return false;
	memcpy(&facts, value.at, sizeof(facts));
	if (facts.id_len > OPEN_IDS_ID || facts.text_len > OPEN_IDS_TEXT || facts.session > 1)
		return false;
	open = open_ids_insert(ids, &facts);
	if (!open)
		return false;
	open->stored = true;
	open->changed = false;
	return true;
}
