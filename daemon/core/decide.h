/*
 * The decision: what the zone of one domain should show, and whether to do something about it now.
 *
 *     normal -> splitting -> split -> restoring -> normal        (+ waiting after a failure)
 *
 * decide_step is called once a tick with everything that is known; it never does anything itself.
 * Three values are never mixed: what we want (`wanted_split`), what is on its way (`sent`), and
 * what the name servers were last seen to show (`shown`).
 *
 * The caller keeps these promises:
 * - After DECIDE_DO_SPLIT or DECIDE_DO_RESTORE it stores the struct, sends, and hands in exactly
 *   one outcome. Until then no other change is asked for. A plan that is impossible (plan_split
 *   failed) is DECIDE_REFUSED.
 * - `shown_at` is the second in which the reading behind `shown` began. After a change only a
 *   reading that began in a later second is believed, so an old answer never passes for a new one.
 * - It reads the zone from time to time by itself, and soon when DECIDE_READ asks.
 *
 * A struct decide is plain memory without pointers: it may be copied, stored as bytes and loaded.
 * When the clock steps back, its instants move with it.
 */
#ifndef CORE_DECIDE_H
#define CORE_DECIDE_H

#include "daemon/base/err.h"
#include "daemon/core/finding.h"
#include "daemon/core/ground.h"
#include "daemon/core/order.h"

#include <stddef.h>
#include <stdint.h>

#define DECIDE_VERSION 1
#define DECIDE_TEXT 256	    /* a reason */
#define DECIDE_SENTENCE 512 /* a reason and what surrounds it: never cut inside a character */
#define DECIDE_DAY 86400
#define DECIDE_SPLITS 32	     /* most splits a day that can be allowed */
#define DECIDE_CALM_MOST (12 * 3600) /* seconds; the calm period doubles no further */
#define DECIDE_READ_EVERY 10	     /* seconds between two requests to read the zone */
#define DECIDE_STEP_MOST 60	     /* seconds of calm that one step can add: a gap is not calm */
#define DECIDE_UNREAD_AFTER 60	     /* seconds without a reading until the zone is not known */
/* Seconds that a normal zone may differ until a person is called: an edit that the caller takes
 * over as the new normal set is nobody's emergency. In a split a person is called at once. */
#define DECIDE_DRIFT_AFTER 60

enum decide_state {
	DECIDE_NORMAL,
	DECIDE_SPLITTING,
	DECIDE_SPLIT,
	DECIDE_RESTORING,
	DECIDE_WAITING, /* a change is wanted that failed; or a restart found one unfinished */
};

enum decide_action {
	DECIDE_NOTHING,
	DECIDE_READ, /* look at the zone now */
	DECIDE_DO_SPLIT,
	DECIDE_DO_RESTORE,
};

enum decide_shown {
	DECIDE_SHOWN_UNKNOWN, /* not read since start, or too long ago */
	DECIDE_SHOWN_NORMAL,
	DECIDE_SHOWN_SPLIT,
	DECIDE_SHOWN_DRIFT,
};

enum decide_outcome {
	DECIDE_NO_OUTCOME,
	DECIDE_PROVED,	 /* every server shows it */
	DECIDE_UNPROVED, /* the primary shows it, others lag at the deadline: told, looked at again
			  */
	DECIDE_CONFLICT, /* prerequisite not met: somebody changed the zone, or we already did */
	DECIDE_REFUSED,	 /* BADKEY, REFUSED, NOTZONE...: a person is needed; tried again slowly */
	DECIDE_FAILED,	 /* certainly not applied: tried again with backoff */
	DECIDE_UNKNOWN,	 /* no answer, or no effect: read before trying again */
};
#define DECIDE_OUTCOMES (DECIDE_UNKNOWN + 1)

/* What holds something back. Each comes with a sentence in decide_out.guard. */
enum decide_guard {
	DECIDE_GUARD_NONE,
	DECIDE_GUARD_UNREAD,	/* the zone has not been read */
	DECIDE_GUARD_DRIFT,	/* the zone shows a set that we do not know */
	DECIDE_GUARD_OBSERVE,	/* the mode only watches */
	DECIDE_GUARD_MANUAL,	/* the mode acts on orders only */
	DECIDE_GUARD_SILENT,	/* the sources say nothing */
	DECIDE_GUARD_BY_HAND,	/* somebody restored the zone: not split again in this surge */
	DECIDE_GUARD_SPENT,	/* the longest split is over: not split again in this surge */
	DECIDE_GUARD_WARM_UP,	/* caches do not know the normal set yet */
	DECIDE_GUARD_CAP,	/* enough splits for a day */
	DECIDE_GUARD_SECONDARY, /* the exchangers that a split keeps do not answer */
	DECIDE_GUARD_MIN_SPLIT, /* not split for long enough */
	DECIDE_GUARD_CALM,	/* not calm for long enough */
	DECIDE_GUARD_RETRY,	/* a change failed; its next attempt comes later */
	DECIDE_GUARD_LAGGING,	/* some name servers did not show the last change in time */
	DECIDE_GUARD_CONDITION, /* the counters of the domain's condition speak against it */
	DECIDE_GUARD_COUNTERS,	/* they are not known */
};

enum decide_probe {
	DECIDE_PROBE_NONE, /* not probed, or too long ago: no argument either way */
	DECIDE_PROBE_ANSWERS,
	DECIDE_PROBE_FAILS,
};

/* All times in seconds. */
struct decide_rules {
	enum mode mode;
	int64_t min_split;
	int64_t calm; /* doubled for each further split of the last 24 hours */
	int64_t max_split;
	unsigned splits_a_day; /* by the daemon itself, in any 24 hours; then a person is called */
	int64_t warm_up;       /* after the normal set was first seen, before the first own split */
	int64_t retry_first, retry_max;
};

struct decide_in {
	int64_t now;
	struct override override;
	/* `known` and `surge`: is there a reason to be split? By the detector, or as in `ground`;
	 * the numbers are the detector's. */
	struct finding finding;
	struct ground ground; /* of its condition, when it has one */
	bool sources_fresh;
	enum decide_shown shown;
	int64_t shown_at;	     /* the second in which that reading began */
	enum decide_outcome outcome; /* of the change on its way, once */
	enum decide_probe primary;   /* SMTP at the exchangers that a split drops */
	enum decide_probe secondary; /* SMTP at those that it keeps: one answers, or all fail */
};

struct decide_out {
	enum decide_action action;
	bool state_changed;
	bool guard_changed;  /* another kind of guard, not only other numbers in it */
	bool override_ended; /* an order expired in this step; `why` says so */
	bool would_split;    /* mode observe: what it would do now */
	bool would_restore;
	bool page; /* from now on a person is wanted: once, not at every step */
	enum decide_guard kind;
	char why[DECIDE_SENTENCE];   /* one sentence: why this state */
	char guard[DECIDE_SENTENCE]; /* one sentence: what holds something back, or "" */
};

struct decide {
	uint32_t version;
	enum decide_state state;
	enum decide_action sent;    /* DO_SPLIT, DO_RESTORE: on its way; NOTHING: no change is */
	enum decide_action attempt; /* the last one sent, until the zone has answered for it */
	enum decide_shown shown;    /* as last believed */
	enum decide_guard guard;    /* of the last step */
	enum decide_guard paged;    /* the guard for which a person was called, until it is gone */
	enum decide_guard hold;	    /* BY_HAND, SPENT or NONE: no own split in this surge */
	enum decide_outcome
		failed;	       /* how the last change went wrong; NO_OUTCOME: cut by a restart */
	enum order order;      /* in force at the last step */
	uint32_t wanted_split; /* flags are 0 or 1 */
	uint32_t ordered;      /* the present split is an operator's */
	uint32_t lagging;
	uint32_t refused; /* the last failure needs a person */
	uint32_t failures;
	uint32_t splits;		    /* in split_times, oldest first */
	int64_t split_times[DECIDE_SPLITS]; /* own splits of the last day */
	int64_t now;
	int64_t since;	      /* the present state's */
	int64_t split_since;  /* first known to be split; 0 = is not */
	int64_t normal_since; /* the normal set was first seen; 0 = never */
	int64_t calm_seen;    /* seconds of calm that were really seen since the last surge */
	int64_t drift_since;  /* of the present drift */
	int64_t unread_since; /* 0: the zone is known */
	int64_t outcome_at, retry_at, read_at;
	int64_t order_since, order_expires;
	char why[DECIDE_TEXT]; /* the reason; in state waiting, for what was wanted */
};

const char *decide_state_name(enum decide_state state);
const char *decide_outcome_name(enum decide_outcome outcome);
const char *decide_guard_name(enum decide_guard guard);

void decide_init(struct decide *decide, int64_t now);
void decide_step(struct decide *decide, const struct decide_rules *rules,
		 const struct decide_in *in, struct decide_out *out);

/* Takes stored bytes. False (and decide untouched) when they are of another version or size, or
 * hold values that no struct decide can have. */
MUST_USE bool decide_load(struct decide *decide, const void *bytes, size_t length);

/* At the start of the daemon, after decide_load: nothing is on its way any more, the zone is not
 * known; splitting and restoring are resolved by what it shows. */
void decide_forget_zone(struct decide *decide);

/* The wall clock was set by so many seconds: every instant goes with it, those of the order too. */
void decide_clock_set(struct decide *decide, int64_t seconds);

/* The caller took over another normal set (a changed record or TTL): warm-up begins again. */
void decide_new_normal(struct decide *decide, int64_t now);

#endif
