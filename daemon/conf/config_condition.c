#include "daemon/conf/config_condition.h"

#include "daemon/base/when.h"
#include "daemon/core/board.h"

#include <inttypes.h>

#define MTAS (CONFIG_COUNTERS + CONFIG_SOURCES)

/* What these ways in call their counters; an agent's own tables are in core/oids.c. */
static const char *const of_loadavg[] = { "load1", "load5", "load15", NULL };
static const char *const of_spool[] = { "incoming", "active", "deferred", "hold",
					"maildrop", "queue",  NULL };
static const char *const of_host[] = { "cpu", "memory", "disk", NULL };
static const char *const of_log[] = { "delay", "delay-p90", NULL };

/* A name of the configuration, without the final dot; or its first label only. */
static struct span
plain(const char *name)
{
	struct span span = span_of(name);

	span.len -= span_ends(span, SPAN("."));
	return span;
}

static struct span
label(const char *name)
{
	return (struct span){ name, strcspn(name, ".") };
}

static void
add_once(const char *mta, const char *out[MTAS], unsigned *count)
{
	for (unsigned i = 0; i < *count; i++)
		if (strcmp(out[i], mta) == 0)
			return;
	if (*mta)
		out[(*count)++] = mta;
}

/* The exchangers that something is known of, each once. */
static unsigned
exchangers(const struct config *config, const char *out[MTAS])
{
	unsigned count = 0;

	for (unsigned i = 0; i < config->counter_count; i++)
		add_once(config->counters[i].mta, out, &count);
	for (unsigned i = 0; i < config->source_count; i++)
		add_once(config->sources[i].mta, out, &count);
	return count;
}

/* The whole name, or a first label that only one has. NULL: none; `many_out`: more than one. */
static const char *
exchanger(const struct config *config, struct span key, bool *many_out)
{
	const char *all[MTAS], *found = NULL;
	unsigned count = exchangers(config, all);

	*many_out = false;
	for (unsigned i = 0; i < count; i++)
		if (span_equal_nocase(plain(all[i]), key))
			return all[i];
	for (unsigned i = 0; i < count; i++) {
		if (!span_equal_nocase(label(all[i]), key))
			continue;
		*many_out = found != NULL;
		found = all[i];
	}
	return *many_out ? NULL : found;
}

static void
list_exchangers(const struct config *config, struct text *text)
{
	const char *all[MTAS];
	unsigned count = exchangers(config, all);

	text_add(text, count ? "; there are " : "; there are neither sources nor counters");
	for (unsigned i = 0; i < count; i++) {
		bool many;
		struct span name = label(all[i]);

		if (exchanger(config, name, &many) != all[i])
			name = plain(all[i]);
		text_add(text, "%s%.*s", i ? ", " : "", (int)name.len, name.at);
	}
}

typedef void each_name(void *ctx, struct span name);

static void
each_of(const char *const *names, each_name *each, void *ctx)
{
	for (; *names; names++)
		each(ctx, span_of(*names));
}

static void
each_of_agent(const struct config_counter *counter, each_name *each, void *ctx)
{
	for (unsigned i = 0; i < counter->set_count; i++) {
		for (unsigned j = 0; j < oids_item_rows; j++)
			if (oids_items[j].set == counter->sets[i])
				each(ctx, span_of(oids_items[j].series));
		if (counter->sets[i] == OIDS_HOST_RESOURCES)
			each_of(of_host, each, ctx);
	}
	for (unsigned i = 0; i < counter->oid_count; i++)
		each(ctx, (struct span){ counter->oids[i], strcspn(counter->oids[i], "=") });
}

/* Every counter that an exchanger will have. True: others may be pushed. */
static bool
each_counter(const struct config *config, const char *mta, each_name *each, void *ctx)
{
	bool pushed = false;

	for (unsigned i = 0; i < config->counter_count; i++) {
		const struct config_counter *counter = &config->counters[i];

		if (strcmp(counter->mta, mta) != 0)
			continue;
		pushed = pushed || counter->push;
		if (*counter->snmp)
			each_of_agent(counter, each, ctx);
		if (*counter->spool)
			each_of(of_spool, each, ctx);
		if (counter->loadavg)
			each_of(of_loadavg, each, ctx);
	}
	for (unsigned i = 0; i < config->source_count; i++)
		if (strcmp(config->sources[i].mta, mta) == 0) {
			each_of(of_log, each, ctx);
			break;
		}
	return pushed;
}

struct search {
	struct span wanted;
	bool found;
	struct text *text;
	const char *comma;
};

static void
look(void *ctx, struct span name)
{
	struct search *search = ctx;

	search->found = search->found || span_equal(name, search->wanted);
}

static void
list(void *ctx, struct span name)
{
	struct search *search = ctx;

	if (!name.len)
		return; /* an entry with a problem of its own */
	text_add(search->text, "%s%.*s", search->comma, (int)name.len, name.at);
	search->comma = ", ";
}

/* "mta1.load1": is there such a counter? If not, `text` gets what is wrong. */
static bool
check_name(const struct config *config, struct span key, struct text *text)
{
	const char *dot = memrchr(key.at, '.', key.len);
	struct span mta = { key.at, (size_t)(dot - key.at) };
	struct search search = { .wanted = span_after(key, mta.len + 1), .text = text };
	bool many, pushed;
	const char *found = exchanger(config, mta, &many);

	if (!found) {
		text_add(text, many ? ": more than one exchanger has that first label"
				    : ": no exchanger of that name");
		list_exchangers(config, text);
		return false;
	}
	pushed = each_counter(config, found, look, &search);
	if (search.found || (pushed && board_name(search.wanted)))
		return true;
	text_add(text, ": %.*s has no counter %.*s", (int)mta.len, mta.at, (int)search.wanted.len,
		 search.wanted.at);
	search.comma = "; it has ";
	each_counter(config, found, list, &search);
	return false;
}

static void
check_names(const struct config *config, const struct config_domain *domain,
	    struct config_place place, struct config_problems *problems)
{
	const struct condition *condition = &domain->condition;

	for (unsigned i = 0; i < condition->count; i++) {
		unsigned column = 0;
		struct span name = condition_name(condition, i, &column);
		char wrong[384];
		struct text text = TEXT(wrong);

		if (name.len && !check_name(config, name, &text))
			config_problem_add(problems, place, "when: column %u: '%.*s'%s", column,
					   (int)(name.len < 64 ? name.len : 64), name.at, wrong);
	}
}

static void
check_threshold(const struct config *config, struct config_domain *domain,
		const struct config_condition_places *places, struct config_problems *problems)
{
	struct threshold_rule *rule = &domain->threshold;
	char window[WHEN_TEXT], stale[WHEN_TEXT];

	rule->leave = domain->threshold_leave ? domain->threshold_leave : rule->count / 2;
	if (!rule->count) {
		if (domain->threshold_leave)
			config_problem_add(problems, places->leave,
					   "threshold-leave stands without a threshold");
		return;
	}
	if (rule->leave >= rule->count)
		config_problem_add(problems, places->leave,
				   "threshold-leave is %" PRId64 ", wanted less than threshold, "
				   "which is %" PRId64,
				   rule->leave, rule->count);
	when_duration(rule->window, window);
	when_duration(config->stale_after, stale);
	if (rule->window < config->stale_after)
		config_problem_add(problems, places->threshold,
				   "threshold has a window of %s, wanted at least stale-after, "
				   "which is %s: lines that come late count as if they had come "
				   "at once",
				   window, stale);
}

void
config_condition_check(const struct config *config, struct config_domain *domain,
		       const struct config_condition_places *places,
		       struct config_problems *problems)
{
	struct err err = { 0 };
	bool names_it;

	check_threshold(config, domain, places, problems);
	if (!condition_parse(span_of(domain->when), &domain->condition, &err)) {
		config_problem_add(problems, places->when, "when: %s", err.text);
		return;
	}
	names_it = condition_names(&domain->condition, CONDITION_THRESHOLD);
	if (names_it && !domain->threshold.count)
		config_problem_add(problems, places->when,
				   "when names threshold, and there is none, wanted a setting "
				   "such as threshold: 300/5m");
	if (!names_it && domain->threshold.count)
		config_problem_add(problems, places->threshold,
				   "threshold is of no use, for when does not name it, wanted "
				   "when: threshold or when: surge or threshold");
	check_names(config, domain, places->when, problems);
}
