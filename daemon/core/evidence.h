/*
 * What the logs say of the bounces of one tick, beside how many there are: what tells strangers'
 * bounces of forged mail from the answers to our own. Counts, all of one domain and tick; each only
 * counts if its bit is in `known`, since not every log tells it.
 *
 * Each kind is a term of its own in the sum of evidence: the log-likelihood ratio of a surge
 * against what was learned of this domain, in nats, never beyond EVIDENCE_CAP either way. Terms
 * against a surge weigh against other terms, and of the counts they ask for more, but not for much:
 * who forges mail could make them. Probes are counted, not weighed: our own newsletter brings them
 * as forged mail does.
 */
#ifndef CORE_EVIDENCE_H
#define CORE_EVIDENCE_H

#include <stdbool.h>

enum evidence_part {
	EVIDENCE_UNKNOWN_USERS,
	EVIDENCE_TAGS,
	EVIDENCE_PROBES,
	EVIDENCE_CLIENTS, /* with_client and new_clients */
	EVIDENCE_ASKED,	  /* with_client and asked */
	EVIDENCE_SENT,
	EVIDENCE_PARTS
};

struct evidence {
	unsigned known;	      /* bits 1 << enum evidence_part */
	double unknown_users; /* bounces refused since their recipient does not exist here */
	double tagged;	      /* bounces to a recipient that carries a tag of ours (BATV prvs=) */
	double probes;	      /* sender-verification callouts */
	double with_client;   /* bounces whose client is known; of these: */
	double new_clients;   /* clients never seen before (each counts once), */
	double asked;	      /* bounces from hosts or domains that we sent mail to lately */
	double sent;	      /* messages that this domain's own users sent to other sites */
};

enum evidence_term {
	EVIDENCE_TERM_UNKNOWN,
	EVIDENCE_TERM_NEW,
	EVIDENCE_TERM_ASKED,
	EVIDENCE_TERM_TAGGED,
	EVIDENCE_MARKS, /* those before are marks of single bounces */
	EVIDENCE_TERM_SENT = EVIDENCE_MARKS,
	EVIDENCE_TERMS
};

#define EVIDENCE_COUNT_MOST 1e9 /* bounces, or messages, in a tick; a guard */
#define EVIDENCE_CAP 3.0	/* nats; no term weighs more: one alone cannot decide */

/* Normal shares of this domain, decayed. */
struct evidence_learned {
	float hits[EVIDENCE_MARKS], all[EVIDENCE_MARKS];
	float sent_hour, sent_usual; /* messages: of the last hour; usual in an hour */
	float sent_seconds;	     /* how long our sending was watched */
};

/* The name of a term, for sentences: "unknown users". */
const char *evidence_term_name(enum evidence_term term);

/* One tick; `share`: so much of its bounces is learned from. */
void evidence_learn(struct evidence_learned *learned, const struct evidence *in, double count,
		    double seconds, double share);

/* Adds the marks of one tick's `count` bounces to the terms, for a surge of `ratio` times the
 * normal rate. */
void evidence_weigh(const struct evidence_learned *learned, const struct evidence *in, double count,
		    double ratio, float term[EVIDENCE_MARKS]);

/* The terms and their sum, in nats. New clients, clients not asked and recipients without a tag say
 * the same, that strangers send: together they weigh no more than one term, and when the clients
 * are few, only that counts, and unknown users are no sign of a surge. */
double evidence_sum(const struct evidence_learned *learned, const float mark[EVIDENCE_MARKS],
		    double term[EVIDENCE_TERMS]);

#endif
