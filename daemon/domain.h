/*
 * One protected domain at work: counts in, findings; findings in, decisions; decisions out, changes
 * of the zone; their outcomes in again. It wires the pure parts (detect, decide, plan) to the zone.
 */
#ifndef DOMAIN_H
#define DOMAIN_H

#include "daemon/conf/config.h"
#include "daemon/core/clues.h"
#include "daemon/core/decide.h"
#include "daemon/core/detect.h"
#include "daemon/core/event.h"
#include "daemon/core/plan.h"
#include "daemon/core/rhythm.h"
#include "daemon/core/series.h"
#include "daemon/core/snapshot.h"
#include "daemon/core/survival.h"
#include "daemon/laggards.h"
#include "daemon/rules.h"
#include "daemon/store/store.h"
#include "dnsupdate/key.h"
#include "dnsupdate/zone.h"

struct engine;
struct input;

#define DOMAIN_EFFECT_MINUTES 10

struct domain_effect { /* what reached one exchanger, by minute of arrival */
	char mta[SNAPSHOT_NAME];
	bool drops;
	int64_t minute; /* the newest slot's */
	uint64_t bounces[DOMAIN_EFFECT_MINUTES], mail[DOMAIN_EFFECT_MINUTES];
};

struct domain {
	struct engine *engine;
	struct domain *kept; /* as it was before the pass that is under way */
	const struct config_domain *config;
	char display[SNAPSHOT_NAME]; /* "example.jp", as it stands in logs and journal */
	struct tsig_key key;
	struct zone *zone;

	struct detect detect;
	struct finding finding;
	struct series_finding minute; /* the present one's, not stored yet */
	int64_t detected;	      /* seconds; when the detector last stepped, 0: never */
	int64_t detect_saved;
	int64_t arrived;    /* bounces taken in since then, */
	struct clues clues; /* and what is known of them */
	bool untold;	    /* the finding changed, and the journal does not have it yet */
	struct rules rules;

	struct rhythm rhythm; /* of those who write to it */
	int64_t rhythm_saved;
	struct survival survival; /* made once a minute */
	int64_t survival_minute;

	struct decide decide;
	struct decide_out out;
	struct override override;

	struct mx_set normal, split; /* count 0: not known */
	struct mx_set wanted, sent;
	struct mx_set candidate; /* a strange set, seen once, in state normal */
	int64_t candidate_asked;
	int64_t intent; /* 0: none open */
	bool paged;	/* a person was called; not again until that is over */
	bool resumed;	/* the intent of an earlier run was brought to a close */

	uint64_t updates[DECIDE_OUTCOMES]; /* since the daemon began */
	bool done;			   /* an outcome waits to be taken in */
	enum zone_result result;
	char sentence[SNAPSHOT_TEXT];
	uint32_t serial;

	enum decide_action pending; /* what follows the commit */
	int64_t next_read;
	char drift[SNAPSHOT_TEXT]; /* what differs from what was expected, or "" */
	struct laggards laggards;
	int64_t counts[EVENT_KINDS];
	struct domain_effect effect[SNAPSHOT_SERVERS];
	unsigned effects;
};

/* Restores what the store knows of it; nothing is sent yet. */
MUST_USE struct domain *domain_open(struct engine *engine, const struct config *config,
				    const struct config_domain *own, int64_t now, struct err *err);
/* Its counts keep a row of their own in the store; to be said again after pruning. */
MUST_USE bool domain_know(struct domain *domain, struct err *err);

void domain_free(struct domain *domain);

/* Takes in what one source counted since the last time. */
void domain_take(struct domain *domain, const struct input *input, int64_t now);

/* The wall clock was set by so many seconds: what is remembered goes with it. */
void domain_clock_set(struct domain *domain, int64_t seconds);

/* Runs the detector up to `now`. */
void domain_observe(struct domain *domain, int64_t now);

/* What the detector found comes into the journal, once. */
void domain_tell(struct domain *domain);

/* What was decided comes into the open transaction (`all`: even when it did not change). */
MUST_USE bool domain_save(struct domain *domain, bool all, struct err *err);

/* What the detector has learned, from time to time or now (`all`). */
MUST_USE bool domain_save_learned(struct domain *domain, int64_t now, bool all, struct err *err);

/*
 * A pass decides on the domain in memory and is then committed. When that fails, domain_back puts
 * everything back to where domain_keep saw it: memory is never ahead of the store, and nothing that
 * was decided is done.
 */
void domain_keep(struct domain *domain);
void domain_back(struct domain *domain);

/* What reached the exchanger effect[index] in the ten minutes before `now`; not its name. */
void domain_reach(const struct domain *domain, unsigned index, int64_t now,
		  struct snapshot_mta *out);

/* "example.jp." as people see it. */
void domain_display(const char *absolute, char *out, size_t room);

void domain_show(const struct domain *domain, struct snapshot_domain *out);

#endif
