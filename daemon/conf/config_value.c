#include "daemon/conf/config_value.h"

#include "daemon/base/names.h"
#include "daemon/base/scan.h"
#include "daemon/base/when.h"
#include "daemon/conf/config_net.h"
#include "daemon/conf/config_value_net.h"
#include "daemon/core/board.h"
#include "daemon/core/journal.h"

#include <stdlib.h>

#define WORD 64

static enum config_value
answer(bool ok)
{
	return ok ? CONFIG_VALUE_OK : CONFIG_VALUE_WRONG;
}

static enum config_value
number(const struct config_setting *row, int64_t value, void *out)
{
	if (value < row->least || value > row->most)
		return CONFIG_VALUE_RANGE;
	memcpy(out, &value, sizeof(value));
	return CONFIG_VALUE_OK;
}

static bool
word_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_' || c == '.';
}

static enum config_value
read_word(const struct config_setting *row, struct span text, void *out)
{
	if (text.len == 0 || text.len > WORD)
		return CONFIG_VALUE_WRONG;
	for (size_t i = 0; i < text.len; i++)
		if (!word_character(text.at[i]))
			return CONFIG_VALUE_WRONG;
	return answer(span_copy(text, out, row->size));
}

static enum config_value
read_path(const struct config_setting *row, struct span text, void *out)
{
	char whole[CONFIG_PATH];
	struct text path = TEXT(whole);
	const char *directory = getenv(CONFIG_CREDENTIALS);

	if (directory && span_begins(text, SPAN("${" CONFIG_CREDENTIALS "}/"))) {
		text_add(&path, "%s", directory);
		text = span_after(text, strlen("${" CONFIG_CREDENTIALS "}"));
	}
	text_add_span(&path, text);
	return answer(path.len < row->size && !path.cut && !memchr(text.at, '\0', text.len) &&
		      config_net_path(span_of(whole)) && span_copy(span_of(whole), out, row->size));
}

static enum config_value
read_argument(const struct config_setting *row, struct span text, void *out)
{
	return answer(text.len < row->size && !memchr(text.at, '\0', text.len) &&
		      span_copy(text, out, row->size));
}

static enum config_value
read_notice(const struct config_setting *row, struct span text, void *out)
{
	(void)row;
	return answer(notice_format_from_name(text, out));
}

static enum config_value
read_duration(const struct config_setting *row, struct span text, void *out)
{
	int64_t seconds;

	if (!when_parse_duration(text, &seconds))
		return CONFIG_VALUE_WRONG;
	return number(row, seconds, out);
}

static enum config_value
read_size(const struct config_setting *row, struct span text, void *out)
{
	struct scan scan = scan_over(text);
	int64_t bytes = (int64_t)scan_number(&scan, INT32_MAX);

	if (scan_maybe(&scan, SPAN("k")) || scan_maybe(&scan, SPAN("K")))
		bytes *= 1024;
	else if (scan_maybe(&scan, SPAN("M")))
		bytes *= 1024 * 1024;
	if (!scan_done(&scan))
		scan_text(&scan, SPAN("iB"));
	return scan_done(&scan) ? number(row, bytes, out) : CONFIG_VALUE_WRONG;
}

static enum config_value
read_count(const struct config_setting *row, struct span text, void *out)
{
	struct scan scan = scan_over(text);
	int64_t count = (int64_t)scan_number(&scan, INT32_MAX);

	return scan_done(&scan) ? number(row, count, out) : CONFIG_VALUE_WRONG;
}

static enum config_value
read_rights(const struct config_setting *row, struct span text, void *out)
{
	int64_t rights = 0;

	(void)row;
	if (text.len < 3 || text.len > 4)
		return CONFIG_VALUE_WRONG;
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] < '0' || text.at[i] > '7')
			return CONFIG_VALUE_WRONG;
		rights = rights * 8 + (text.at[i] - '0');
	}
	if ((rights & 0600) != 0600 || (rights & ~0666) != 0)
		return CONFIG_VALUE_WRONG;
	*(int64_t *)out = rights;
	return CONFIG_VALUE_OK;
}

/* Digits, perhaps a point and at most nine digits more: the same in every locale. */
static enum config_value
read_decimal(const struct config_setting *row, struct span text, void *out)
{
	struct scan scan = scan_over(text);
	double value = (double)scan_number(&scan, INT32_MAX), unit = 1;

	if (scan_maybe(&scan, SPAN("."))) {
		struct span digits = scan_rest(&scan);

		if (digits.len > 9)
			return CONFIG_VALUE_WRONG;
		for (size_t i = 0; i < digits.len; i++)
			unit *= 10;
		value += (double)scan_number(&scan, INT32_MAX) / unit;
	}
	if (!scan_done(&scan))
		return CONFIG_VALUE_WRONG;
	if (value < (double)row->least || value > (double)row->most)
		return CONFIG_VALUE_RANGE;
	memcpy(out, &value, sizeof(value));
	return CONFIG_VALUE_OK;
}

/* A field's name as the journal allows it, '=', and what it must hold. */
static enum config_value
read_match(const struct config_setting *row, struct span text, void *out)
{
	size_t name = 0;

	while (name < text.len &&
	       ((text.at[name] >= 'A' && text.at[name] <= 'Z') ||
		(text.at[name] >= '0' && text.at[name] <= '9') || text.at[name] == '_'))
		name++;
	return answer(name > 0 && name + 1 < text.len && text.at[name] == '=' &&
		      text.len < row->size && !memchr(text.at, '\0', text.len) &&
		      span_copy(text, out, row->size));
}

static const struct name flags[] = { { 1, "yes" },   { 0, "no" }, { 1, "true" },
				     { 0, "false" }, { 1, "on" }, { 0, "off" } };

static enum config_value
read_flag(const struct config_setting *row, struct span text, void *out)
{
	int value;

	(void)row;
	if (!names_value(flags, sizeof(flags) / sizeof(flags[0]), text, &value))
		return CONFIG_VALUE_WRONG;
	*(bool *)out = value != 0;
	return CONFIG_VALUE_OK;
}

static enum config_value
read_journal(const struct config_setting *row, struct span text, void *out)
{
	bool yes;

	if (read_flag(row, text, &yes) != CONFIG_VALUE_OK)
		return read_path(row, text, out);
	return answer(span_copy(yes ? SPAN("yes") : SPAN(""), out, row->size));
}

static enum config_value
read_mode(const struct config_setting *row, struct span text, void *out)
{
	(void)row;
	return answer(order_mode_from_name(text, out));
}

static enum config_value
read_format(const struct config_setting *row, struct span text, void *out)
{
	(void)row;
	return answer(format_from_name(text, out));
}

static enum config_value
read_set(const struct config_setting *row, struct span text, void *out)
{
	(void)row;
	return answer(oids_set_from_name(text, out));
}

static enum config_value
read_oid(const struct config_setting *row, struct span text, void *out)
{
	const char *equals = text.len ? memchr(text.at, '=', text.len) : NULL;
	size_t name = equals ? (size_t)(equals - text.at) : 0;
	struct oid_path path;

	return answer(equals && board_name((struct span){ text.at, name }) &&
		      oids_parse(span_after(text, name + 1), &path) && text.len < row->size &&
		      span_copy(text, out, row->size));
}

static enum config_value
read_zone(const struct config_setting *row, struct span text, void *out)
{
	int64_t offset;

	return answer(tz_kind(text, &offset) != TZ_BAD && span_copy(text, out, row->size));
}

/* A hook that were told of hooks would call itself for ever. */
static enum config_value
read_event(const struct config_setting *row, struct span text, void *out)
{
	enum journal_kind kind;

	(void)row;
	if (!journal_from_name(text, &kind) || kind == JOURNAL_HOOK)
		return CONFIG_VALUE_WRONG;
	*(unsigned *)out |= 1U << kind;
	return CONFIG_VALUE_OK;
}

static enum config_value
read_condition(const struct config_setting *row, struct span text, void *out)
{
	return text.len ? read_argument(row, text, out) : CONFIG_VALUE_WRONG;
}

static enum config_value
read_threshold(const struct config_setting *row, struct span text, void *out)
{
	(void)row;
	return answer(threshold_parse(text, out));
}

static const char *
choose_mode(unsigned index)
{
	return index <= MODE_MANUAL ? order_mode_name((enum mode)index) : NULL;
}

static const char *
choose_format(unsigned index)
{
	return index < FORMATS ? format_name((enum format)index) : NULL;
}

static const char *
choose_notice(unsigned index)
{
	return index < NOTICE_FORMATS ? notice_format_name((enum notice_format)index) : NULL;
}

static const char *
choose_set(unsigned index)
{
	return index < OIDS_SETS ? oids_set_name((enum oids_set)index) : NULL;
}

static const char *
choose_event(unsigned index)
{
	return index < JOURNAL_HOOK ? journal_name((enum journal_kind)index) : NULL;
}

/* SECTION and LATER have no value; the reader of the tree knows them. */
static const struct {
	enum config_value (*read)(const struct config_setting *, struct span, void *);
	const char *wanted;
	const char *(*choose)(unsigned index);
	bool range;
} types[CONFIG_TYPES] = {
	[CONFIG_TYPE_WORD] = { .read = read_word,
			       .wanted = "a name of at most 64 letters, digits, '-', '_' or '.'" },
	[CONFIG_TYPE_PATH] = { .read = read_path,
			       .wanted = "an absolute path such as /etc/mxsplit/x" },
	[CONFIG_TYPE_ARGUMENT] = { .read = read_argument,
				   .wanted = "a text of at most 1023 bytes" },
	[CONFIG_TYPE_NAME] = { .read = config_value_net_name,
			       .wanted = "a domain name such as example.jp" },
	[CONFIG_TYPE_HOST] = { .read = config_value_net_name,
			       .wanted = "a host name such as mta1.example.jp" },
	[CONFIG_TYPE_MAIL_DOMAIN] = { .read = config_value_net_mail_domain,
				      .wanted = "a domain name such as example.jp" },
	[CONFIG_TYPE_OWN_ADDRESS] = { .read = config_value_net_own_address,
				      .wanted = "an IP address without a port such as 192.0.2.9 or "
						"\"2001:db8::9\"" },
	[CONFIG_TYPE_ADDRESS] = { .read = config_value_net_address,
				  .wanted = "an IP address such as 192.0.2.53 or "
					    "\"[2001:db8::53]:53\"" },
	[CONFIG_TYPE_LISTEN] = { .read = config_value_net_listen,
				 .wanted = "an IP address with port such as 127.0.0.1:8053 or "
					   "tls:192.0.2.1:8443, or unix:/path" },
	[CONFIG_TYPE_ORIGIN] = { .read = config_value_net_origin,
				 .wanted = "an origin such as https://dashboard.example.jp or "
					   "http://192.0.2.9:8080, without a path" },
	[CONFIG_TYPE_DURATION] = { .read = read_duration,
				   .wanted = "a duration such as 300s, 5m, 12h or 7d",
				   .range = true },
	[CONFIG_TYPE_SIZE] = { .read = read_size,
			       .wanted = "a size such as 8192, 8k or 1M",
			       .range = true },
	[CONFIG_TYPE_COUNT] = { .read = read_count, .wanted = "a number", .range = true },
	[CONFIG_TYPE_RIGHTS] = { .read = read_rights,
				 .wanted = "rights from 0600 to 0666 without any to execute, such "
					   "as 0660" },
	[CONFIG_TYPE_DECIMAL] = { .read = read_decimal,
				  .wanted = "a number such as 1 or 0.25",
				  .range = true },
	[CONFIG_TYPE_FLAG] = { .read = read_flag, .wanted = "yes or no" },
	[CONFIG_TYPE_MODE] = { .read = read_mode, .choose = choose_mode },
	[CONFIG_TYPE_FORMAT] = { .read = read_format, .choose = choose_format },
	[CONFIG_TYPE_CONDITION] = { .read = read_condition,
				    .wanted = "a condition such as surge and mta1.load1 > 8" },
	[CONFIG_TYPE_THRESHOLD] = { .read = read_threshold,
				    .wanted = "bounces in a window of 10s to 1d, such as 300/5m" },
	[CONFIG_TYPE_JOURNAL] = { .read = read_journal,
				  .wanted = "yes, or the absolute path of a journal" },
	[CONFIG_TYPE_MATCH] = { .read = read_match,
				.wanted = "FIELD=VALUE such as SYSLOG_FACILITY=2" },
	[CONFIG_TYPE_SET] = { .read = read_set, .choose = choose_set },
	[CONFIG_TYPE_OID] = { .read = read_oid,
			      .wanted = "name=OID such as queue=mtaStoredMessages.1 or "
					"load=1.3.6.1.4.1.2021.10.1.5.1" },
	[CONFIG_TYPE_PLACE] = { .read = config_value_net_place,
				.wanted = "HOST=ADDRESS such as mta2.example.jp=192.0.2.26 or "
					  "\"mta2.example.jp=[2001:db8::26]:25\"" },
	[CONFIG_TYPE_MX] = { .read = config_value_net_mx,
			     .wanted = "a TTL in seconds, then preference and name of each record, "
				       "such as \"86400 10 mta1.example.jp 20 mta2.example.jp\"" },
	[CONFIG_TYPE_ZONE] = { .read = read_zone,
			       .wanted = "local, UTC, +09:00 or a name such as Europe/Berlin" },
	[CONFIG_TYPE_URL] = { .read = config_value_net_url,
			      .wanted = "an address such as https://alerts.example.jp/mxsplit, "
					"without a user" },
	[CONFIG_TYPE_NOTICE] = { .read = read_notice, .choose = choose_notice },
	[CONFIG_TYPE_EVENT] = { .read = read_event, .choose = choose_event },
};

enum config_value
config_value_read(const struct config_setting *row, struct span text, void *out)
{
	return types[row->type].read(row, text, out);
}

void
config_value_wanted(const struct config_setting *row, struct text *text)
{
	const char *choice;

	if (types[row->type].wanted)
		text_add(text, "%s", types[row->type].wanted);
	for (unsigned i = 0; (choice = config_value_choice(row, i)); i++) {
		const char *joint = config_value_choice(row, i + 1) ? ", " : " or ";

		text_add(text, "%s%s", i > 0 ? joint : "", choice);
	}
}

void
config_value_range(const struct config_setting *row, struct text *text)
{
	double least = (double)row->least, most = (double)row->most;
	bool decimal = row->type == CONFIG_TYPE_DECIMAL;

	if (!types[row->type].range)
		return;
	config_value_print(row, decimal ? (const void *)&least : &row->least, text);
	text_add(text, " to ");
	config_value_print(row, decimal ? (const void *)&most : &row->most, text);
}

const char *
config_value_choice(const struct config_setting *row, unsigned index)
{
	return types[row->type].choose ? types[row->type].choose(index) : NULL;
}
