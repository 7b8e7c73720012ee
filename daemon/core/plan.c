#include "daemon/core/plan.h"

static struct span
without_dot(struct span name)
{
	if (name.len > 1 && name.at[name.len - 1] == '.')
		name.len--;
	return name;
}

static bool
same_host(const char *a, const char *b)
{
	return span_equal_nocase(without_dot(span_of(a)), without_dot(span_of(b)));
}

static unsigned
count_host(const struct mx_set *set, const char *host)
{
	unsigned count = 0;

	for (unsigned i = 0; i < set->count; i++)
		count += same_host(set->records[i].exchange, host);
	return count;
}

static bool
dropped(const struct mx_record *record, const char *const *drop, unsigned drops)
{
	for (unsigned i = 0; i < drops; i++)
		if (same_host(record->exchange, drop[i]))
			return true;
	return false;
}

/* Is every name in `drop` there to be dropped, and named once? */
static bool
check_drops(const struct mx_set *normal, const char *const *drop, unsigned drops, struct err *err)
{
	char shown[400];
	struct text text = TEXT(shown);

	if (drops == 0)
		return err_set(err, ERR_INPUT, "no exchanger is named that a split should drop");
	mx_say(normal, &text);
	for (unsigned i = 0; i < drops; i++) {
		if (count_host(normal, drop[i]) == 0)
			return err_set(err, ERR_INPUT,
				       "%s should be dropped but is not in the normal set: %s",
				       drop[i], shown);
		for (unsigned j = 0; j < i; j++)
			if (same_host(drop[i], drop[j]))
				return err_set(err, ERR_INPUT, "%s is named twice to be dropped",
					       drop[i]);
	}
	return true;
}

bool
plan_split(const struct mx_set *normal, const char *const *drop, unsigned drops, uint32_t split_ttl,
	   struct mx_set *split_out, struct err *err)
{
	struct mx_set split = { .ttl = split_ttl };
	unsigned hosts = 0;

	if (normal->count == 0)
		return err_set(err, ERR_INPUT, "the zone has no MX: there is nothing to split");
	if (!check_drops(normal, drop, drops, err))
		return false;
	for (unsigned i = 0; i < normal->count; i++) {
		const struct mx_record *record = &normal->records[i];

		if (dropped(record, drop, drops))
			continue;
		split.records[split.count++] = *record;
		hosts += strcmp(record->exchange, ".") != 0;
	}
	if (split.count == 0)
		return err_set(err, ERR_INPUT,
			       "a split would leave no MX at all: a second exchanger is needed "
			       "before this domain can be split");
	if (hosts == 0)
		return err_set(err, ERR_INPUT,
			       "a split would leave only the null MX, which refuses all mail");
	mx_sort(&split);
	*split_out = split;
	return true;
}

enum plan_shows
plan_compare(const struct mx_set *shown, const struct mx_set *normal, const struct mx_set *split)
{
	if (shown->count == 0)
		return PLAN_SHOWS_DRIFT;
	if (mx_equal(shown, normal))
		return PLAN_SHOWS_NORMAL;
	if (mx_same_records(shown, split))
		return PLAN_SHOWS_SPLIT;
	return PLAN_SHOWS_DRIFT;
}

bool
plan_for_good(const struct mx_set *shown, const struct mx_set *normal, const struct mx_set *split)
{
	return mx_same_records(shown, split) && shown->ttl > split->ttl &&
	       shown->ttl >= normal->ttl;
}

bool
plan_ttl_only(const struct mx_set *shown, const struct mx_set *expected)
{
	return mx_same_records(shown, expected) && shown->ttl != expected->ttl;
}

static const struct mx_record *
find(const struct mx_set *set, const struct mx_record *wanted)
{
	for (unsigned i = 0; i < set->count; i++)
		if (set->records[i].preference == wanted->preference &&
		    same_host(set->records[i].exchange, wanted->exchange))
			return &set->records[i];
	return NULL;
}

/* The only record of this host in the other set, when it is the only one here too. */
static const struct mx_record *
moved(const struct mx_set *here, const struct mx_set *there, const struct mx_record *record)
{
	if (count_host(here, record->exchange) != 1 || count_host(there, record->exchange) != 1)
		return NULL;
	for (unsigned i = 0; i < there->count; i++)
		if (same_host(there->records[i].exchange, record->exchange))
			return &there->records[i];
	return NULL;
}

static void
clause(struct text *text, size_t start)
{
	if (text->len > start)
		text_add(text, ", ");
}

static void
add_record(struct text *text, const struct mx_record *record, const char *what)
{
	text_add(text, "%u ", record->preference);
	text_add_scrubbed(text, span_of(record->exchange));
	text_add(text, " %s", what);
}

static void
add_gone_and_moved(const struct mx_set *shown, const struct mx_set *expected, struct text *text,
		   size_t start)
{
	for (unsigned i = 0; i < expected->count; i++) {
		const struct mx_record *record = &expected->records[i], *now;

		if (find(shown, record))
			continue;
		clause(text, start);
		now = moved(expected, shown, record);
		if (!now) {
			add_record(text, record, "is gone");
			continue;
		}
		text_add_scrubbed(text, span_of(record->exchange));
		text_add(text, " has preference %u instead of %u", now->preference,
			 record->preference);
	}
}

void
plan_drift(const struct mx_set *shown, const struct mx_set *expected, struct text *text)
{
	size_t start = text->len;

	if (shown->count == 0) {
		if (expected->count)
			text_add(text, "the zone has no MX at all");
		return;
	}
	add_gone_and_moved(shown, expected, text, start);
	for (unsigned i = 0; i < shown->count; i++) {
		const struct mx_record *record = &shown->records[i];

		if (find(expected, record) || moved(shown, expected, record))
			continue;
		clause(text, start);
		add_record(text, record, "is new");
	}
	if (shown->ttl != expected->ttl) {
		clause(text, start);
		text_add(text, "TTL %u instead of %u", shown->ttl, expected->ttl);
	}
}
