/*
 * The whole state as people may see it, made at the end of a tick. Plain values: no pointer leads
 * back into the daemon, no secret is in it.
 */
#ifndef CORE_SNAPSHOT_H
#define CORE_SNAPSHOT_H

#include "daemon/core/board.h"
#include "daemon/core/condition.h"
#include "daemon/core/decide.h"
#include "daemon/core/effect.h"
#include "daemon/core/event.h"
#include "daemon/core/evidence.h"
#include "daemon/core/finding.h"
#include "daemon/core/mx.h"
#include "daemon/core/order.h"
#include "daemon/core/survival.h"
#include "daemon/core/threshold.h"

#define SNAPSHOT_DOMAINS 64
#define SNAPSHOT_SOURCES 64
#define SNAPSHOT_SERVERS 16
#define SNAPSHOT_AGENTS 16
#define SNAPSHOT_EXCHANGERS 32
#define SNAPSHOT_NAME 256
#define SNAPSHOT_TEXT 512

struct snapshot_server {
	char name[SNAPSHOT_NAME]; /* "ns1" or "198.51.100.53:53" */
	bool primary;
	bool known; /* it answered at least once */
	struct mx_set shown;
	uint32_t serial;
	int64_t asked;		   /* seconds; the last question */
	int64_t since;		   /* since when it was seen to show this */
	char error[SNAPSHOT_TEXT]; /* why the last question failed, or "" */
};

struct snapshot_source {
	char name[SNAPSHOT_NAME];
	char mta[SNAPSHOT_NAME];
	char path[SNAPSHOT_TEXT];
	char format[64];   /* "postfix", "auto: postfix, exim" */
	bool stale;	   /* no line for longer than it should be */
	int64_t last_line; /* seconds, wall clock; 0 = none yet */
	int64_t log_time;  /* seconds, the log's own */
	uint64_t lines, other, broken, gaps, bytes_behind;
	int64_t seconds_behind; /* how old the last line is while bytes are behind; -1: not known */
	uint64_t open_ids;
	uint64_t forgotten;	   /* queue ids, because too many were open */
	uint64_t uncounted;	   /* events, because there was no memory */
	int64_t last_gap;	   /* seconds, wall clock, when lines were lost; 0 = never seen */
	char error[SNAPSHOT_TEXT]; /* why it cannot be read, or "" */
	char note[SNAPSHOT_TEXT];  /* why it may be the wrong log, or "" */
};

struct snapshot_agent { /* where counters come from */
	char name[SNAPSHOT_NAME];
	char mta[SNAPSHOT_NAME];
	char how[SNAPSHOT_NAME]; /* "snmp 192.0.2.25:161", "push" */
	int64_t last;		 /* seconds; the last good reading, 0: none yet */
	uint64_t readings, failures;
	char error[SNAPSHOT_TEXT]; /* why the last reading failed, or "" */
	char note[SNAPSHOT_NAME];  /* what a good reading lacked, or "" */
};

struct snapshot_counter {
	char mta[SNAPSHOT_NAME];
	char name[BOARD_NAME];
	char agent[SNAPSHOT_NAME];
	enum counter_kind kind;
	bool known, stale;
	double value;  /* of a counter: a second */
	int64_t time;  /* seconds; when the value came */
	char why[128]; /* why the last sample gave no value, or "" */
};

struct snapshot_exchanger { /* what it said by SMTP */
	char name[SNAPSHOT_NAME];
	bool known, answers;	  /* not known: not asked yet, or its name has no address here */
	bool starttls;		  /* it offers that */
	int64_t asked;		  /* seconds; 0: not yet */
	char said[SNAPSHOT_TEXT]; /* a sentence */
};

struct snapshot_mta { /* the effect: what reached this exchanger in the last ten minutes */
	char name[SNAPSHOT_NAME];
	bool drops; /* a split removes it */
	uint64_t bounces, mail;
};

struct snapshot_domain {
	char name[SNAPSHOT_NAME];
	enum mode mode;
	char state[32]; /* normal, splitting, split, restoring, waiting */
	int64_t state_since;
	char why[SNAPSHOT_TEXT];   /* one sentence: why this state */
	char guard[SNAPSHOT_TEXT]; /* what holds it back, or "" */
	struct override override;
	struct finding finding;
	struct mx_set wanted, sent, shown; /* count 0 and ttl 0: none / not known */
	bool sent_open;			   /* an update is on its way */
	struct mx_set normal;		   /* the set that a restore brings back */
	struct mx_set split;		   /* the set that a split shows */
	struct survival survival;	   /* who would still hold it after a split */
	unsigned servers;
	struct snapshot_server server[SNAPSHOT_SERVERS];
	unsigned mtas;
	struct snapshot_mta mta[SNAPSHOT_SERVERS];
	enum effect_verdict verdict;
	char effect[2 * SNAPSHOT_TEXT];	    /* whether the split helps, or "" */
	char when[CONDITION_TEXT];	    /* the condition for a split */
	struct threshold_finding threshold; /* rule.count 0: there is none */
	int64_t counts[EVENT_KINDS];	    /* since the database began */
	uint64_t updates[DECIDE_OUTCOMES];  /* by their end, since the daemon began */
	struct evidence evidence;	    /* of the last ten minutes */
};

struct snapshot {
	int64_t made_us; /* wall clock */
	int64_t tick_us; /* how long the tick took that made it */
	int64_t started; /* seconds */
	char version[32];
	uint64_t ticks;
	uint64_t reloads;
	int64_t database_bytes;
	char degraded[SNAPSHOT_TEXT]; /* what is wrong with the daemon itself, or "" */
	uint64_t hooks_waiting, hooks_failed;
	unsigned sources, domains;
	struct snapshot_source source[SNAPSHOT_SOURCES];
	struct snapshot_domain domain[SNAPSHOT_DOMAINS];
	unsigned exchangers;
	struct snapshot_exchanger exchanger[SNAPSHOT_EXCHANGERS];
	unsigned agents, counters;
	uint64_t counters_refused; /* samples for which there was no room */
	struct snapshot_agent agent[SNAPSHOT_AGENTS];
	struct snapshot_counter counter[BOARD_SERIES];
};

#endif
