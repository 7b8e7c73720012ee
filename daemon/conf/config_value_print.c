#include "daemon/base/when.h"
#include "daemon/conf/config_url.h"
#include "daemon/conf/config_value.h"
#include "daemon/core/journal.h"

#include <inttypes.h>

static void
print_text(const void *value, struct text *text)
{
	text_add_scrubbed(text, span_of(value));
}

static void
print_listen(const void *value, struct text *text)
{
	text_add_scrubbed(text, span_of(((const struct config_listen *)value)->text));
}

static void
print_duration(const void *value, struct text *text)
{
	char shown[WHEN_TEXT];

	when_duration(*(const int64_t *)value, shown);
	text_add(text, "%s", shown);
}

static void
print_size(const void *value, struct text *text)
{
	int64_t bytes = *(const int64_t *)value;
	bool kilo = bytes % 1024 == 0 && bytes > 0;

	text_add(text, kilo ? "%" PRId64 "k" : "%" PRId64, kilo ? bytes / 1024 : bytes);
}

static void
print_count(const void *value, struct text *text)
{
	text_add(text, "%" PRId64, *(const int64_t *)value);
}

static void
print_rights(const void *value, struct text *text)
{
	text_add(text, "%04" PRIo64, (uint64_t) * (const int64_t *)value);
}

static void
print_decimal(const void *value, struct text *text)
{
	text_add(text, "%.15g", *(const double *)value);
}

static void
print_flag(const void *value, struct text *text)
{
	text_add(text, "%s", *(const bool *)value ? "yes" : "no");
}

static void
print_mode(const void *value, struct text *text)
{
	text_add(text, "%s", order_mode_name(*(const enum mode *)value));
}

static void
print_format(const void *value, struct text *text)
{
	text_add(text, "%s", format_name(*(const enum format *)value));
}

static void
print_rule(const void *value, struct text *text)
{
	threshold_print(value, text);
}

static void
print_set(const void *value, struct text *text)
{
	text_add(text, "%s", oids_set_name(*(const enum oids_set *)value));
}

/* Where it goes, and a sum over all of it by which a change is seen. */
static void
print_url(const void *value, struct text *text)
{
	unsigned sum = 2166136261U; /* FNV-1a */

	if (!*(const char *)value)
		return;
	for (const char *at = value; *at; at++)
		sum = (sum ^ (unsigned char)*at) * 16777619U;
	config_url_show(value, text);
	text_add(text, " (%08x)", sum);
}

static void
print_notice(const void *value, struct text *text)
{
	text_add(text, "%s", notice_format_name(*(const enum notice_format *)value));
}

static void
print_events(const void *value, struct text *text)
{
	unsigned on = *(const unsigned *)value;
	const char *comma = "";

	for (int kind = 0; kind < JOURNAL_KINDS; kind++)
		if (on & (1U << kind)) {
			text_add(text, "%s%s", comma, journal_name((enum journal_kind)kind));
			comma = ", ";
		}
}

static void (*const printers[CONFIG_TYPES])(const void *value, struct text *text) = {
	[CONFIG_TYPE_WORD] = print_text,	 [CONFIG_TYPE_PATH] = print_text,
	[CONFIG_TYPE_ARGUMENT] = print_text,	 [CONFIG_TYPE_NAME] = print_text,
	[CONFIG_TYPE_HOST] = print_text,	 [CONFIG_TYPE_MAIL_DOMAIN] = print_text,
	[CONFIG_TYPE_ADDRESS] = print_text,	 [CONFIG_TYPE_LISTEN] = print_listen,
	[CONFIG_TYPE_DURATION] = print_duration, [CONFIG_TYPE_SIZE] = print_size,
	[CONFIG_TYPE_COUNT] = print_count,	 [CONFIG_TYPE_DECIMAL] = print_decimal,
	[CONFIG_TYPE_FLAG] = print_flag,	 [CONFIG_TYPE_MODE] = print_mode,
	[CONFIG_TYPE_JOURNAL] = print_text,	 [CONFIG_TYPE_MATCH] = print_text,
	[CONFIG_TYPE_FORMAT] = print_format,	 [CONFIG_TYPE_EVENT] = print_events,
	[CONFIG_TYPE_SET] = print_set,		 [CONFIG_TYPE_OID] = print_text,
	[CONFIG_TYPE_ZONE] = print_text,	 [CONFIG_TYPE_PLACE] = print_text,
	[CONFIG_TYPE_MX] = print_text,		 [CONFIG_TYPE_CONDITION] = print_text,
	[CONFIG_TYPE_THRESHOLD] = print_rule,	 [CONFIG_TYPE_OWN_ADDRESS] = print_text,
	[CONFIG_TYPE_RIGHTS] = print_rights,	 [CONFIG_TYPE_URL] = print_url,
	[CONFIG_TYPE_NOTICE] = print_notice,	 [CONFIG_TYPE_ORIGIN] = print_text,
};

void
config_value_print(const struct config_setting *row, const void *value, struct text *text)
{
	printers[row->type](value, text);
}

void
config_value_print_all(const struct config_setting *row, const void *base, struct text *text)
{
	text_add(text, "%s", row->entries ? "[" : "");
	for (unsigned i = 0; i < config_table_count(row, base); i++) {
		text_add(text, "%s", i > 0 ? ", " : "");
		config_value_print(row, config_table_see(row, base, i), text);
	}
	text_add(text, "%s", row->entries ? "]" : "");
}
