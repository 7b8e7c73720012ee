/*
 * What the logs say of the bounces of one tick, beside how many there are: what tells strangers'
 * bounces of forged mail from the answers to our own. Counts, all of one domain and tick; each only
 * counts if its bit is in `known`, since not every log tells it.
 */
#ifndef CORE_EVIDENCE_H
#define CORE_EVIDENCE_H

enum evidence_part {
	EVIDENCE_UNKNOWN_USERS,
	EVIDENCE_TAGS,
	EVIDENCE_PROBES,
	EVIDENCE_CLIENTS,
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

#endif
