#include "daemon/course.h"

#include "daemon/engine.h"
#include "daemon/hearing.h"
#include "daemon/record.h"
#include "daemon/sight.h"
#include "daemon/sys/log.h"

#include <stdio.h>

#define READ_SOON 2 /* seconds between readings while something is open or unknown */

static enum decide_outcome
outcome(enum zone_result result)
{
	switch (result) {
	case ZONE_PROVED:
		return DECIDE_PROVED;
	case ZONE_UNPROVED:
		return DECIDE_UNPROVED;
	case ZONE_CONFLICT:
		return DECIDE_CONFLICT;
	case ZONE_REFUSED:
		return DECIDE_REFUSED;
	case ZONE_FAILED:
		return DECIDE_FAILED;
	case ZONE_UNKNOWN:
		return DECIDE_UNKNOWN;
	}
	return DECIDE_UNKNOWN;
}

/* Which transition a set that was sent makes. */
static enum journal_kind
transition(const struct domain *domain, const struct mx_set *set)
{
	return mx_equal(set, &domain->normal) ? JOURNAL_RESTORE : JOURNAL_SPLIT;
}

/* The outcome of the change that was on its way goes into the journal and closes the intent. */
static bool
take_outcome(struct domain *domain, int64_t now, enum decide_outcome *outcome_out, struct err *err)
{
	bool applied = domain->result == ZONE_PROVED || domain->result == ZONE_UNPROVED;

	*outcome_out = DECIDE_NO_OUTCOME;
	if (!domain->done)
		return true;
	*outcome_out = outcome(domain->result);
	domain->done = false;
	domain->updates[*outcome_out]++;
	record(domain->engine, applied ? transition(domain, &domain->sent) : JOURNAL_UPDATE,
	       domain->display, "", "%s", domain->sentence);
	if (domain->result != ZONE_PROVED)
		record(domain->engine, JOURNAL_FAILURE, domain->display, "", "update %s: %s",
		       zone_result_name(domain->result), domain->sentence);
	domain->sent = (struct mx_set){ 0 };
	if (domain->intent && !store_intents_close(domain->engine->store, domain->intent,
						   zone_result_name(domain->result), now, err))
		return false;
	domain->intent = 0;
	return true;
}

static bool
expire_override(struct domain *domain, int64_t now, struct err *err)
{
	struct override *override = &domain->override;

	if (override->order == ORDER_AUTO || now < override->expires)
		return true;
	record(domain->engine, JOURNAL_OVERRIDE, domain->display, "",
	       "the override '%s' of %s has expired; mode %s decides again",
	       order_name(override->order), override->by, order_mode_name(domain->config->mode));
	*override = (struct override){ .order = ORDER_AUTO };
	return store_state_put_override(domain->engine->store, domain->display, override, err);
}

static bool
intend(struct domain *domain, const struct mx_set *want, int64_t now, struct err *err)
{
	domain->wanted = *want;
	return store_intents_open(domain->engine->store, domain->display,
				  &zone_view(domain->zone, 0)->shown, want, now, &domain->intent,
				  err);
}

/* The zone got there, but not by an update whose outcome we had: by hand, by another controller, or
 * while nobody knew. Told like any other split or restore. */
static void
tell_arrival(struct domain *domain, bool was_split)
{
	bool is_split = domain->decide.split_since != 0;

	if (is_split != was_split)
		record(domain->engine, is_split ? JOURNAL_SPLIT : JOURNAL_RESTORE, domain->display,
		       "", "%s", domain->out.why);
}

static void
tell(struct domain *domain)
{
	const struct decide_out *out = &domain->out;
	char numbers[JOURNAL_TEXT], sentence[JOURNAL_TEXT];
	struct text guard = TEXT(sentence);

	if (out->kind == DECIDE_GUARD_DRIFT && domain->drift[0])
		text_add(&guard, "the zone is not touched: %s", domain->drift);
	else
		text_add(&guard, "%s", out->guard);
	record_finding(&domain->finding, numbers);
	if (out->state_changed)
		record(domain->engine, JOURNAL_DECISION, domain->display, numbers, "%s: %s",
		       decide_state_name(domain->decide.state), out->why);
	if (out->guard_changed)
		record(domain->engine, JOURNAL_DECISION, domain->display, numbers, "%s%s",
		       guard.len ? "held back: " : "nothing holds it back any more", sentence);
	if (out->page && !domain->paged)
		record(domain->engine, JOURNAL_FAILURE, domain->display, numbers, "%s",
		       guard.len ? sentence : out->why);
	domain->paged = out->page;
}

bool
course_decide(struct domain *domain, int64_t now, struct err *err)
{
	const struct config_domain *config = domain->config;
	struct decide_rules rules = { .mode = config->mode,
				      .min_split = config->min_split,
				      .calm = config->calm,
				      .max_split = config->max_split,
				      .splits_a_day = (unsigned)config->splits_a_day,
				      .warm_up = config->warm_up,
				      .retry_first = config->retry_first,
				      .retry_max = config->retry_max };
	struct decide_in in = { .now = now };
	bool was_split = domain->decide.split_since != 0;

	if (!take_outcome(domain, now, &in.outcome, err) ||
	    !sight_look(domain, now, &in.shown, err) || !expire_override(domain, now, err))
		return false;
	if (in.shown != DECIDE_SHOWN_UNKNOWN && !course_resume(domain, now, err))
		return false;
	laggards_look(domain, now);
	in.shown_at = zone_view(domain->zone, 0)->asked;
	in.override = domain->override;
	rules_ask(domain, now, &in);
	in.sources_fresh = hearing_enough(domain, now);
	in.primary = probes_verdict(domain->engine, &domain->normal, config, true);
	in.secondary = probes_verdict(domain->engine, &domain->normal, config, false);
	decide_step(&domain->decide, &rules, &in, &domain->out);
	tell(domain);
	if (in.outcome != DECIDE_PROVED && in.outcome != DECIDE_UNPROVED)
		tell_arrival(domain, was_split);
	rules_judge(domain, now);
	domain->pending = domain->out.action;
	switch (domain->out.action) {
	case DECIDE_DO_SPLIT:
		return intend(domain, &domain->split, now, err);
	case DECIDE_DO_RESTORE:
		return intend(domain, &domain->normal, now, err);
	case DECIDE_NOTHING:
	case DECIDE_READ:
		break;
	}
	return true;
}

bool
course_resume(struct domain *domain, int64_t now, struct err *err)
{
	struct store *store = domain->engine->store;
	struct mx_set want;
	const char *became;
	int64_t id;

	if (domain->resumed || domain->intent)
		return true;
	domain->resumed = true;
	if (!store_intents_last_open(store, domain->display, &id, &want, err))
		return false;
	if (!id)
		return true;
	became = want.count == 0				       ? "unreadable"
		 : mx_equal(&zone_view(domain->zone, 0)->shown, &want) ? "applied"
								       : "not applied";
	record(domain->engine, JOURNAL_UPDATE, domain->display, "",
	       "an update was on its way when the daemon ended; %s%s",
	       want.count ? "the zone says that it was " : "what it was to do cannot be read",
	       want.count ? became : "");
	return store_intents_close(store, id, became, now, err);
}

static void
change(struct domain *domain, int64_t now)
{
	const struct zone_view *view = zone_view(domain->zone, 0);
	struct mx_set from = view->shown;
	char old[JOURNAL_TEXT / 3], new[JOURNAL_TEXT / 3];
	struct text was = TEXT(old), is = TEXT(new);
	struct err err = { 0 };

	domain->sent = domain->wanted;
	mx_say(&domain->wanted, &is);
	mx_say(&from, &was);
	record(domain->engine, JOURNAL_UPDATE, domain->display, "",
	       "sent to %s: the %s set %s, in place of %s", view->name,
	       domain->pending == DECIDE_DO_SPLIT ? "split" : "normal", new, old);
	if (zone_change(domain->zone, &from, &domain->wanted, &err))
		return;
	domain->done = true;
	domain->result = ZONE_FAILED;
	span_copy(span_of(err.text), domain->sentence, sizeof(domain->sentence));
	domain->next_read = now;
}

void
course_act(struct domain *domain, int64_t now)
{
	bool open = domain->decide.state != DECIDE_NORMAL && domain->decide.state != DECIDE_SPLIT;
	bool unsure = !zone_view(domain->zone, 0)->known || domain->drift[0] || open;

	switch (domain->pending) {
	case DECIDE_DO_SPLIT:
	case DECIDE_DO_RESTORE:
		change(domain, now);
		break;
	case DECIDE_READ:
	case DECIDE_NOTHING:
		if (zone_busy(domain->zone) ||
		    (domain->pending == DECIDE_NOTHING && now < domain->next_read))
			break;
		zone_read(domain->zone);
		domain->next_read = now + (unsure ? READ_SOON : domain->engine->config->watch);
		break;
	}
	domain->pending = DECIDE_NOTHING;
}
