/*
 * mxsplitctl preflight and dns check: everything that would make a split of a domain fail or hurt,
 * looked at before it is needed. Nothing is changed: the update that proves the key has
 * prerequisites only, and no mail is ever begun unless --rcpt asks for it.
 */
#ifndef PREFLIGHT_H
#define PREFLIGHT_H

#include "daemon/findings.h"
#include "daemon/hand.h"
#include "daemon/probe/lookup.h"

struct preflight {
	struct hand hand;
	struct findings findings;
	struct mx_set normal, split; /* count 0: the zone is not known, or no split can be made */
	struct lookup *lookup;	     /* NULL: no resolver */
	const char *rcpt, *policy;   /* NULL: not given */
	/* Of each exchanger of `normal`: it answers, by STARTTLS, with a good certificate. */
	bool answers[MX_RECORDS], tls[MX_RECORDS], verified[MX_RECORDS];
};

/* preflight DOMAIN [options], dns check DOMAIN [options]; a sysexits code. */
int preflight(int argc, char **argv);
int preflight_dns(int argc, char **argv);

/* The zone, its servers and our key. */
void preflight_zone(struct preflight *preflight);

/* The name servers that the zone itself names: is each of them asked? */
void preflight_names(struct preflight *preflight);

/* The exchangers: addresses, SMTP, MTA-STS, DANE, our sources. */
void preflight_mail(struct preflight *preflight);

#endif
