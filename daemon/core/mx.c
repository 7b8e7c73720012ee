#include "daemon/core/mx.h"

#include "daemon/base/scan.h"

static int
compare(const struct mx_record *a, const struct mx_record *b)
{
	if (a->preference != b->preference)
		return a->preference < b->preference ? -1 : 1;
	return strcmp(a->exchange, b->exchange);
}

void
mx_sort(struct mx_set *set)
{
	for (unsigned i = 1; i < set->count; i++)
		for (unsigned j = i; j > 0 && compare(&set->records[j - 1], &set->records[j]) > 0;
		     j--) {
			struct mx_record swap = set->records[j];

			set->records[j] = set->records[j - 1];
			set->records[j - 1] = swap;
		}
}

bool
mx_add(struct mx_set *set, uint16_t preference, struct span exchange)
{
	size_t len = exchange.len + !span_ends(exchange, SPAN("."));
	struct mx_record *record = &set->records[set->count];

	if (set->count == MX_RECORDS || exchange.len == 0 || len >= MX_NAME)
		return false;
	record->preference = preference;
	span_copy_lower(exchange, record->exchange, MX_NAME);
	if (!span_ends(exchange, SPAN(".")))
		memcpy(record->exchange + exchange.len, ".", 2);
	set->count++;
	mx_sort(set);
	return true;
}

bool
mx_same_records(const struct mx_set *a, const struct mx_set *b)
{
	if (a->count != b->count)
		return false;
	for (unsigned i = 0; i < a->count; i++)
		if (compare(&a->records[i], &b->records[i]) != 0)
			return false;
	return true;
}

bool
mx_equal(const struct mx_set *a, const struct mx_set *b)
{
	return a->ttl == b->ttl && mx_same_records(a, b);
}

void
mx_print(const struct mx_set *set, struct text *text)
{
	text_add(text, "%u", set->ttl);
	for (unsigned i = 0; i < set->count; i++)
		text_add(text, " %u %s", set->records[i].preference, set->records[i].exchange);
}

void
mx_say(const struct mx_set *set, struct text *text)
{
	for (unsigned i = 0; i < set->count; i++)
		text_add(text, "%s%u %s", i ? ", " : "", set->records[i].preference,
			 set->records[i].exchange);
	if (set->count)
		text_add(text, " (TTL %u)", set->ttl);
	else
		text_add(text, "no MX");
}

bool
mx_parse(struct span text, struct mx_set *set_out, struct err *err)
{
	struct scan scan = scan_over(text);
	struct mx_set set = { .ttl = (uint32_t)scan_number(&scan, UINT32_MAX) };

	while (!scan.failed && scan_maybe(&scan, SPAN(" "))) {
		uint16_t preference = (uint16_t)scan_number(&scan, UINT16_MAX);
		struct span rest, name;
		const char *space;

		scan_text(&scan, SPAN(" "));
		rest = scan_rest(&scan);
		space = rest.len ? memchr(rest.at, ' ', rest.len) : NULL;
		name = (struct span){ rest.at, space ? (size_t)(space - rest.at) : rest.len };
		if (scan.failed || !mx_add(&set, preference, name))
			scan_fail(&scan);
		else
			scan.at += name.len;
	}
	if (!scan_done(&scan))
		return err_set(err, ERR_INPUT, "not an MX set, wanted 'TTL PREFERENCE NAME ...'");
	*set_out = set;
	return true;
}
