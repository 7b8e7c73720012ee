#include "daemon/domain.h"

#include "daemon/authority.h"
#include "daemon/core/detect_show.h"
#include "daemon/engine.h"
#include "daemon/hearing.h"
#include "daemon/lesson.h"
#include "daemon/recall.h"
#include "daemon/record.h"
#include "daemon/sys/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#define DETECT_SAVE 30	 /* seconds between savings of the detector's state in quiet times */
#define RHYTHM_SAVE 600	 /* seconds between savings of who writes how often */
#define DETECT_LONGEST 5 /* seconds; after a longer pause the time between is not evidence */

static void
on_read(void *ctx)
{
	struct domain *domain = ctx;

	engine_kick(domain->engine);
}

static void
on_change(void *ctx, enum zone_result result, const char *sentence, uint32_t serial)
{
	struct domain *domain = ctx;

	domain->done = true;
	domain->result = result;
	domain->serial = serial;
	span_copy(span_of(sentence), domain->sentence, sizeof(domain->sentence));
	engine_kick(domain->engine);
}

static int64_t
real_seconds(void)
{
	return clock_now_us() / INT64_C(1000000);
}

/* Entries of one zone share one, whatever their addresses and keys. */
static struct zone_turn *
turn_of(struct engine *engine, const struct config *config, const struct config_server *server)
{
	unsigned first = 0;

	while (strcmp(config->servers[first].zone, server->zone) != 0)
		first++;
	return &engine->turns[first];
}

static bool
open_zone(struct domain *domain, const struct config *config, struct err *err)
{
	const struct config_server *server = &config->servers[domain->config->server];
	struct zone_options options = { .loop = domain->engine->loop,
					.domain = domain->config->name,
					.now = real_seconds,
					.ctx = domain,
					.on_read = on_read,
					.on_change = on_change,
					.turn = turn_of(domain->engine, config, server) };

	return authority_open(server, &options, &domain->key, &domain->zone, err);
}

static bool
restore(struct domain *domain, const char *server, int64_t now, struct err *err)
{
	struct detect_rules rules = detect_default_rules;
	struct store *store = domain->engine->store;
	char bytes[sizeof(struct detect) + 1024];
	size_t length = 0;

	rules.prior_rate = domain->config->prior_rate;
	rules.least_excess = domain->config->least_excess;
	rules.quiet_seconds = (double)domain->config->quiet;
	detect_init(&domain->detect, &rules);
	decide_init(&domain->decide, now);
	if (!store_state_get(store, domain->display, "detect", bytes, sizeof(bytes), &length, err))
		return false;
	if (length && !detect_load(&domain->detect, bytes, length))
		record(domain->engine, JOURNAL_START, domain->display, "",
		       "what the detector had learned is of another version; it learns anew");
	if (!domain->detect.started && !lesson_learn(domain, now, err))
		return false;
	detect_set_rules(&domain->detect, &rules);
	if (!store_state_get(store, domain->display, "decide", bytes, sizeof(bytes), &length, err))
		return false;
	if (length && !decide_load(&domain->decide, bytes, length))
		record(domain->engine, JOURNAL_START, domain->display, "",
		       "the stored state is of another version; the zone alone says what is");
	decide_forget_zone(&domain->decide);
	return store_state_get_override(store, domain->display, &domain->override, err) &&
	       recall_sets(domain, server, err) && rules_restore(domain, err) &&
	       company_recall(domain, err);
}

/* A rhythm of another version begins anew: it is learned again in days. */
static bool
restore_rhythm(struct domain *domain, struct err *err)
{
	char bytes[sizeof(struct rhythm)];
	size_t length = 0;
	uint64_t key = 0;

	if (getrandom(&key, sizeof(key), GRND_NONBLOCK) != (ssize_t)sizeof(key))
		return err_set(err, ERR_SYSTEM, "no random numbers");
	rhythm_init(&domain->rhythm, key);
	if (!store_state_get(domain->engine->store, domain->display, "rhythm", bytes, sizeof(bytes),
			     &length, err))
		return false;
	if (length && !rhythm_load(&domain->rhythm, bytes, length))
		record(domain->engine, JOURNAL_START, domain->display, "",
		       "what was known of how often regulars write is of another version; it is "
		       "learned anew");
	return true;
}

static bool
save_rhythm(struct domain *domain, int64_t now, bool all, struct err *err)
{
	struct span bytes = { (const char *)&domain->rhythm, sizeof(domain->rhythm) };

	if (!all && now - domain->rhythm_saved < RHYTHM_SAVE && now >= domain->rhythm_saved)
		return true;
	domain->rhythm_saved = now;
	return store_state_put(domain->engine->store, domain->display, "rhythm", bytes, err);
}

static void
take_total(void *ctx, struct span name, enum event_kind kind, int64_t count)
{
	struct domain *domain = ctx;

	if (span_equal(name, span_of(domain->display)))
		domain->counts[kind] += count;
}

/* A name as people write it. */
void
domain_display(const char *absolute, char *out, size_t room)
{
	struct span name = span_of(absolute);

	if (name.len > 1 && span_ends(name, SPAN(".")))
		name.len--;
	span_copy(name, out, room);
}

static void
add_effect(struct domain *domain, const char *mta)
{
	struct domain_effect *effect = &domain->effect[domain->effects];

	for (unsigned i = 0; i < domain->effects; i++)
		if (strcmp(domain->effect[i].mta, mta) == 0)
			return;
	if (domain->effects == SNAPSHOT_SERVERS)
		return;
	span_copy(span_of(mta), effect->mta, sizeof(effect->mta));
	effect->drops = config_drops(domain->config, mta);
	domain->effects++;
}

struct domain *
domain_open(struct engine *engine, const struct config *config, const struct config_domain *own,
	    int64_t now, struct err *err)
{
	struct domain *domain = calloc(1, sizeof(*domain));

	if (domain)
		domain->kept = calloc(1, sizeof(*domain));
	if (!domain || !domain->kept) {
		free(domain);
		err_set(err, ERR_SYSTEM, "out of memory");
		return NULL;
	}
	domain->engine = engine;
	domain->config = own;
	domain_display(own->name, domain->display, sizeof(domain->display));
	for (unsigned i = 0; i < config->source_count; i++)
		add_effect(domain, config->sources[i].mta);
	if (restore(domain, own->server_name, now, err) && restore_rhythm(domain, err) &&
	    open_zone(domain, config, err) && domain_know(domain, err) &&
	    store_counts_totals(engine->store, 0, 0, take_total, domain, err))
		return domain;
	err_while(err, "domain %s", domain->display);
	domain_free(domain);
	return NULL;
}

bool
domain_know(struct domain *domain, struct err *err)
{
	return store_counts_know(domain->engine->store, domain->display, err);
}

void
domain_free(struct domain *domain)
{
	if (!domain)
		return;
	zone_free(domain->zone);
	key_wipe(&domain->key);
	if (domain->kept)
		key_wipe(&domain->kept->key);
	free(domain->kept);
	free(domain);
}

static void
add_to_effect(struct domain_effect *effect, int64_t minute, int64_t bounces, int64_t mail)
{
	while (effect->minute < minute) {
		int64_t next = minute - effect->minute > DOMAIN_EFFECT_MINUTES
				       ? minute - DOMAIN_EFFECT_MINUTES + 1
				       : effect->minute + 1;

		effect->minute = next;
		effect->bounces[next % DOMAIN_EFFECT_MINUTES] = 0;
		effect->mail[next % DOMAIN_EFFECT_MINUTES] = 0;
	}
	if (bounces > 0)
		effect->bounces[minute % DOMAIN_EFFECT_MINUTES] += (uint64_t)bounces;
	if (mail > 0)
		effect->mail[minute % DOMAIN_EFFECT_MINUTES] += (uint64_t)mail;
}

void
domain_take(struct domain *domain, const struct input *input, int64_t now)
{
	struct span name = span_of(domain->display);
	int64_t fresh = tally_fresh(input->tally, name);
	int64_t mail = tally_count(input->tally, name, EVENT_MAIL_ACCEPTED);

	for (int kind = 0; kind < EVENT_KINDS; kind++)
		domain->counts[kind] += tally_count(input->tally, name, (enum event_kind)kind);
	for (unsigned i = 0; i < domain->effects; i++)
		if (strcmp(domain->effect[i].mta, input->config->mta) == 0)
			add_to_effect(&domain->effect[i], now / 60, fresh, mail);
	domain->arrived += fresh;
	company_take(domain, input, now);
}

static void
move(int64_t *instant, int64_t seconds)
{
	*instant += *instant ? seconds : 0;
}

void
domain_clock_set(struct domain *domain, int64_t seconds)
{
	struct override *override = &domain->override;

	decide_clock_set(&domain->decide, seconds);
	rules_clock_set(&domain->rules, seconds);
	zone_clock_set(domain->zone, seconds);
	override->since = order_moved(override->since, seconds);
	override->expires = order_moved(override->expires, seconds);
	move(&domain->detected, seconds);
	move(&domain->next_read, seconds);
	move(&domain->candidate_asked, seconds);
	move(&domain->laggards.since, seconds);
	domain->detect_saved = 0; /* what is stored is of before */
	clues_clock_set(&domain->clues, seconds);
	for (unsigned i = 0; i < domain->effects; i++) {
		struct domain_effect *effect = &domain->effect[i];

		effect->minute = 0; /* minutes of another clock */
		memset(effect->bounces, 0, sizeof(effect->bounces));
		memset(effect->mail, 0, sizeof(effect->mail));
	}
}

void
domain_observe(struct domain *domain, int64_t now)
{
	int64_t passed = domain->detected ? now - domain->detected : 1;
	int64_t apart = domain->engine->step.apart; /* the season goes on as it was */
	struct detect_in in = { .time = now - apart, .silent = !hearing_enough(domain, now) };

	domain->finding.changed = domain->rules.reached.changed = false;
	if (passed == 0)
		return;
	in.period = passed < 1 ? 1 : (unsigned)(passed > DETECT_LONGEST ? DETECT_LONGEST : passed);
	in.count = domain->arrived > 0 ? (double)domain->arrived : 0;
	rules_observe(domain, domain->arrived, in.silent, now);
	in.evidence = clues_tick(&domain->clues, now, company_ripe(domain->engine->company, now));
	domain->arrived = 0;
	domain->detected = now;
	detect_step(&domain->detect, &in, &domain->finding);
	if (domain->survival_minute != now / 60)
		survival_compute(&domain->rhythm, now,
				 domain->normal.count ? domain->normal.ttl : 0, &domain->survival);
	domain->survival_minute = now / 60;
	move(&domain->finding.since, apart);
	if (domain->finding.changed) {
		domain->untold = true;
		domain->detect_saved = 0; /* it is worth saving soon */
	}
}

void
domain_tell(struct domain *domain)
{
	char sentence[JOURNAL_TEXT], numbers[JOURNAL_TEXT];
	struct text text = TEXT(sentence);

	rules_tell(domain);
	if (!domain->untold)
		return;
	domain->untold = false;
	detect_show_sentence(&domain->finding, &text);
	record_finding(&domain->finding, numbers);
	company_tell(domain, numbers);
	record(domain->engine, domain->finding.surge ? JOURNAL_SURGE : JOURNAL_CALM,
	       domain->display, numbers, "%s: %s",
	       domain->finding.surge ? "surge" : "the surge is over", sentence);
}

bool
domain_save(struct domain *domain, bool all, struct err *err)
{
	return (!all && !domain->out.state_changed) || recall_keep(domain, err);
}

bool
domain_save_learned(struct domain *domain, int64_t now, bool all, struct err *err)
{
	struct span bytes = { (const char *)&domain->detect, sizeof(domain->detect) };

	if (!save_rhythm(domain, now, all, err))
		return false;
	if (!all && !domain->rules.reached.changed && !domain->rules.found.tell &&
	    now - domain->detect_saved < DETECT_SAVE)
		return true;
	domain->detect_saved = now;
	return recall_keep(domain, err) && rules_save(domain, err) &&
	       store_state_put(domain->engine->store, domain->display, "detect", bytes, err) &&
	       company_keep(domain, err);
}

void
domain_reach(const struct domain *domain, unsigned index, int64_t now, struct snapshot_mta *out)
{
	const struct domain_effect *effect = &domain->effect[index];
	int64_t oldest = now / 60 - DOMAIN_EFFECT_MINUTES;

	*out = (struct snapshot_mta){ .drops = effect->drops };
	for (int64_t minute = effect->minute;
	     minute > oldest && minute > effect->minute - DOMAIN_EFFECT_MINUTES && minute > 0;
	     minute--) {
		out->bounces += effect->bounces[minute % DOMAIN_EFFECT_MINUTES];
		out->mail += effect->mail[minute % DOMAIN_EFFECT_MINUTES];
	}
}

void
domain_keep(struct domain *domain)
{
	memcpy(domain->kept, domain, sizeof(*domain));
}

void
domain_back(struct domain *domain)
{
	memcpy(domain, domain->kept, sizeof(*domain));
}
