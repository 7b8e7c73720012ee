#include "daemon/conf/config_value.h"

#define VALUE (CONFIG_ARGV * (CONFIG_ARGUMENT + 2) + 8) /* the longest value as text */

static void
part(struct text *text)
{
	if (text->len)
		text_add(text, "; ");
}

/* The settings of two versions of one entry (or of the top level). */
static void
compare(enum config_section section, const char *name, const void *was, const void *is,
	struct text *text)
{
	const char *prefix = config_table_section(section);

	for (unsigned i = 0; i < config_table_rows; i++) {
		const struct config_setting *row = &config_table[i];
		char old[VALUE], new[VALUE];
		struct text old_text = TEXT(old), new_text = TEXT(new);

		if (row->section != section || row->type == CONFIG_TYPE_SECTION ||
		    row->type == CONFIG_TYPE_LATER)
			continue;
		config_value_print_all(row, was, &old_text);
		config_value_print_all(row, is, &new_text);
		if (strcmp(old, new) == 0)
			continue;
		part(text);
		if (section != CONFIG_TOP)
			text_add(text, "%s[%s].", prefix, name);
		text_add(text, "%s: %s -> %s%s", row->name, old_text.len ? old : "(none)",
			 new_text.len ? new : "(none)", row->at_start ? " (needs a restart)" : "");
	}
}

/* Every section's struct begins with its name. */
static const void *
find(const struct config_setting *row, const struct config *config, const char *name)
{
	for (unsigned i = 0; i < config_table_count(row, config); i++) {
		const void *entry = config_table_see(row, config, i);

		if (strcmp(entry, name) == 0)
			return entry;
	}
	return NULL;
}

/* How a name is written in the file: without the final dot. */
static const char *
plain(const char *name, char out[CONFIG_NAME])
{
	struct span span = span_of(name);

	if (span_ends(span, SPAN(".")))
		span.len--;
	span_copy(span, out, CONFIG_NAME);
	return out;
}

static void
compare_section(const struct config_setting *row, const struct config *was, const struct config *is,
		struct text *text)
{
	char name[CONFIG_NAME];

	for (unsigned i = 0; i < config_table_count(row, was); i++) {
		const char *entry = config_table_see(row, was, i);

		if (find(row, is, entry))
			continue;
		part(text);
		text_add(text, "%s[%s] removed", row->name, plain(entry, name));
	}
	for (unsigned i = 0; i < config_table_count(row, is); i++) {
		const char *entry = config_table_see(row, is, i);
		const void *old = find(row, was, entry);

		if (old) {
			compare(row->inner, plain(entry, name), old, entry, text);
			continue;
		}
		part(text);
		text_add(text, "%s[%s] added", row->name, plain(entry, name));
	}
}

void
config_changes(const struct config *was, const struct config *is, struct text *text)
{
	char changes[VALUE];
	struct text own = TEXT(changes);

	compare(CONFIG_TOP, "", was, is, &own);
	for (unsigned i = 0; i < config_table_rows; i++)
		if (config_table[i].type == CONFIG_TYPE_SECTION)
			compare_section(&config_table[i], was, is, &own);
	text_add(text, "%s", own.len ? changes : "nothing changed");
}
