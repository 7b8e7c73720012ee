#include "daemon/rules.h"

#include "daemon/core/ground.h"
#include "daemon/engine.h"
#include "daemon/record.h"

static bool
restore(struct domain *domain, const char *name, char *bytes, size_t room, size_t *length_out,
	struct err *err)
{
	return store_state_get(domain->engine->store, domain->display, name, bytes, room,
			       length_out, err);
}

bool
rules_restore(struct domain *domain, struct err *err)
{
	struct rules *rules = &domain->rules;
	char bytes[1024];
	size_t length;

	threshold_init(&rules->threshold);
	effect_init(&rules->effect);
	if (!restore(domain, "threshold", bytes, sizeof(bytes), &length, err))
		return false;
	if (length && !threshold_load(&rules->threshold, bytes, length))
		record(domain->engine, JOURNAL_START, domain->display, "",
		       "the stored threshold is of another version; it begins anew");
	if (!restore(domain, "effect", bytes, sizeof(bytes), &length, err))
		return false;
	if (length && !effect_load(&rules->effect, bytes, length))
		record(domain->engine, JOURNAL_START, domain->display, "",
		       "the stored effect is of another version; what was before is not known");
	return true;
}

bool
rules_save(struct domain *domain, struct err *err)
{
	struct rules *rules = &domain->rules;
	struct store *store = domain->engine->store;
	struct span effect = { (const char *)&rules->effect, sizeof(rules->effect) };
	struct span threshold = { (const char *)&rules->threshold, sizeof(rules->threshold) };

	return store_state_put(store, domain->display, "effect", effect, err) &&
	       store_state_put(store, domain->display, "threshold", threshold, err);
}

void
rules_clock_set(struct rules *rules, int64_t seconds)
{
	threshold_clock_set(&rules->threshold, seconds);
	effect_clock_set(&rules->effect, seconds);
}

void
rules_observe(struct domain *domain, int64_t arrived, bool silent, int64_t now)
{
	struct threshold_in in = { .time = now, .count = arrived, .silent = silent };
	struct rules *rules = &domain->rules;

	if (!domain->config->threshold.count)
		return;
	threshold_step(&rules->threshold, &domain->config->threshold, &in, &rules->reached);
	rules->untold = rules->untold || rules->reached.changed;
}

void
rules_tell(struct domain *domain)
{
	struct rules *rules = &domain->rules;
	char sentence[JOURNAL_TEXT];
	struct text text = TEXT(sentence);

	if (!rules->untold)
		return;
	rules->untold = false;
	threshold_explain(&rules->reached, &text);
	record(domain->engine, rules->reached.reached ? JOURNAL_SURGE : JOURNAL_CALM,
	       domain->display, "", "%s: %s",
	       rules->reached.reached ? "the threshold is reached" : "below the threshold again",
	       sentence);
}

struct asking {
	const struct board *board;
	int64_t now;
};

static bool
counter(void *ctx, struct span name, double *value_out)
{
	const struct asking *asking = ctx;

	return board_value(asking->board, name, asking->now, value_out);
}

void
rules_ask(const struct domain *domain, int64_t now, struct decide_in *in)
{
	struct asking asking = { &domain->engine->gauges.board, now };
	const struct config_domain *config = domain->config;

	ground_find(&config->condition, &domain->finding,
		    config->threshold.count ? &domain->rules.reached : NULL, counter, &asking,
		    &in->ground);
	in->finding = domain->finding;
	in->finding.known = in->ground.known;
	in->finding.surge = in->ground.there;
}

static struct effect_reach
reach(const struct domain *domain, int64_t now)
{
	struct effect_reach reach = { 0 };

	for (unsigned i = 0; i < domain->effects; i++) {
		struct snapshot_mta mta = { 0 };

		domain_reach(domain, i, now, &mta);
		reach.bounces += (double)mta.bounces;
		reach.mail += (double)mta.mail;
		reach.bounces_there += mta.drops ? (double)mta.bounces : 0;
		reach.mail_there += mta.drops ? (double)mta.mail : 0;
	}
	return reach;
}

/* The delay of mail at the slowest of the dropped exchangers. */
static struct effect_delay
delay(const struct domain *domain, int64_t now)
{
	const struct board *board = &domain->engine->gauges.board;
	struct effect_delay slowest = { 0 };

	for (unsigned i = 0; i < domain->effects; i++) {
		struct effect_delay found = { .known = true };
		char median[BOARD_MTA + BOARD_NAME], most[BOARD_MTA + BOARD_NAME];
		struct text names[] = { TEXT(median), TEXT(most) };

		text_add(&names[0], "%sdelay", domain->effect[i].mta);
		text_add(&names[1], "%sdelay-p90", domain->effect[i].mta);
		if (domain->effect[i].drops &&
		    board_value(board, span_of(median), now, &found.median) &&
		    board_value(board, span_of(most), now, &found.most) &&
		    found.most >= slowest.most)
			slowest = found;
	}
	return slowest;
}

/* The dropped exchangers, as people write them. */
static void
dropped(const struct domain *domain, struct text *text)
{
	for (unsigned i = 0; i < domain->effects; i++)
		if (domain->effect[i].drops)
			text_add(text, "%s%.*s", text->len ? ", " : "",
				 (int)strlen(domain->effect[i].mta) - 1, domain->effect[i].mta);
}

void
rules_judge(struct domain *domain, int64_t now)
{
	struct effect_finding *found = &domain->rules.found;
	struct effect_in in = { .now = now,
				.split_since = domain->decide.split_since,
				.split_ttl = domain->config->split_ttl,
				.reach = reach(domain, now),
				.delay = delay(domain, now) };
	char sentence[JOURNAL_TEXT], names[SNAPSHOT_NAME];
	struct text text = TEXT(sentence), there = TEXT(names);

	effect_step(&domain->rules.effect, &in, found);
	dropped(domain, &there);
	if (found->tell) {
		effect_explain(found, names, &text);
		record(domain->engine,
		       found->verdict == EFFECT_NONE ? JOURNAL_FAILURE : JOURNAL_DECISION,
		       domain->display, "", "%s", sentence);
	}
	if (found->tell_waits) {
		text = TEXT(sentence);
		effect_explain_waits(found, names, &text);
		record(domain->engine, JOURNAL_DECISION, domain->display, "", "%s", sentence);
	}
}

void
rules_show(const struct domain *domain, struct snapshot_domain *out)
{
	const struct threshold_finding *reached = &domain->rules.reached;
	const struct effect_finding *found = &domain->rules.found;
	char names[SNAPSHOT_NAME];
	struct text text = TEXT(out->effect), there = TEXT(names);

	span_copy(span_of(domain->config->when), out->when, sizeof(out->when));
	out->threshold = *reached;
	out->verdict = found->verdict;
	dropped(domain, &there);
	effect_explain(found, names, &text);
	if (!found->waits)
		return;
	text_add(&text, "%s", text.len ? ". Besides, " : "");
	effect_explain_waits(found, names, &text);
}
