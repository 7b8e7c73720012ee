#include "daemon/core/evidence.h"

#include "daemon/core/learn.h"

#include <math.h>

#define ALIKE 4.0	 /* bounces that count as one: they come in groups of a kind */
#define SHARE_LEAST 0.02 /* no share is thought to be nearer to none or all */
#define PRIOR 50.0	 /* bounces that the prior share stands for */
#define HOUR 3600.0
#define MAILING 4.0	   /* times the usual hour, */
#define MAILING_LEAST 20.0 /* and so many messages more: a mailing of ours */

static const struct mark {
	const char *name;
	double surge, prior; /* share of the bounces: of a surge; before anything was learned */
} marks[EVIDENCE_TERMS] = {
	[EVIDENCE_TERM_UNKNOWN] = { "unknown users", 0.5, 0.05 },
	[EVIDENCE_TERM_NEW] = { "new clients", 0.5, 0.2 },
	[EVIDENCE_TERM_ASKED] = { "not asked", 0.05, 0.3 },
	[EVIDENCE_TERM_TAGGED] = { "not tagged", 0.02, 0.02 },
	[EVIDENCE_TERM_SENT] = { "own mailings", 0, 0 },
};

const char *
evidence_term_name(enum evidence_term term)
{
	return marks[term].name;
}

static bool
knows(const struct evidence *in, enum evidence_part part)
{
	return in->known & (1U << part);
}

/* Bounces that carry the mark, of those of which it is known. */
static double
hits(const struct evidence *in, unsigned mark, double count, double *all_out)
{
	const struct {
		enum evidence_part part;
		double hits, all;
	} of[EVIDENCE_MARKS] = {
		[EVIDENCE_TERM_UNKNOWN] = { EVIDENCE_UNKNOWN_USERS, in->unknown_users, count },
		[EVIDENCE_TERM_NEW] = { EVIDENCE_CLIENTS, in->new_clients, in->with_client },
		[EVIDENCE_TERM_ASKED] = { EVIDENCE_ASKED, in->asked, in->with_client },
		[EVIDENCE_TERM_TAGGED] = { EVIDENCE_TAGS, in->tagged, count },
	};

	*all_out = knows(in, of[mark].part) ? fmin(fmax(of[mark].all, 0), count) : 0;
	return fmin(fmax(of[mark].hits, 0), *all_out);
}

static double
usual_share(const struct evidence_learned *learned, unsigned mark)
{
	double share = ((double)learned->hits[mark] + marks[mark].prior * PRIOR) /
		       ((double)learned->all[mark] + PRIOR);

	return fmin(fmax(share, SHARE_LEAST), 1 - SHARE_LEAST);
}

/* Of a surge: where most bounces are to unknown users anyhow, more of them say nothing against it.
 */
static double
surge_share(unsigned mark, double usual)
{
	double surge = marks[mark].surge;

	return surge > marks[mark].prior ? fmax(surge, usual) : fmin(surge, usual);
}

void
evidence_learn(struct evidence_learned *learned, const struct evidence *in, double count,
	       double seconds, double share)
{
	double keep = exp(-seconds / LEARN_REMEMBER);

	if (knows(in, EVIDENCE_SENT)) {
		double usual = fmin((double)learned->sent_seconds + HOUR, LEARN_REMEMBER);
		double sent = fmin(fmax(in->sent, 0), EVIDENCE_COUNT_MOST);

		learned->sent_hour =
			(float)((double)learned->sent_hour * exp(-seconds / HOUR) + sent);
		learned->sent_usual +=
			(float)((sent * HOUR - (double)learned->sent_usual * seconds) / usual);
		learned->sent_seconds =
			(float)fmin((double)learned->sent_seconds + seconds, LEARN_REMEMBER);
	}
	for (unsigned i = 0; i < EVIDENCE_MARKS && share > 0; i++) {
		double all, hit = hits(in, i, count, &all);

		learned->hits[i] = (float)((double)learned->hits[i] * keep + hit * share);
		learned->all[i] = (float)((double)learned->all[i] * keep + all * share);
	}
}

void
evidence_weigh(const struct evidence_learned *learned, const struct evidence *in, double count,
	       double ratio, float term[EVIDENCE_MARKS])
{
	for (unsigned i = 0; i < EVIDENCE_MARKS; i++) {
		double all, hit = hits(in, i, count, &all), usual, surge, nats;

		if (all <= 0)
			continue;
		usual = usual_share(learned, i);
		surge = usual + (surge_share(i, usual) - usual) * (1 - 1 / ratio);
		nats = hit * log(surge / usual) + (all - hit) * log((1 - surge) / (1 - usual));
		term[i] = (float)fmin(fmax((double)term[i] + nats / ALIKE, -EVIDENCE_CAP),
				      EVIDENCE_CAP);
	}
}

static double
own_sending(const struct evidence_learned *learned)
{
	double mailing = (double)learned->sent_usual * MAILING + MAILING_LEAST;

	if ((double)learned->sent_seconds < LEARN_OLD)
		return 0;
	return (double)learned->sent_hour > mailing ? -EVIDENCE_CAP : 0;
}

double
evidence_sum(const struct evidence_learned *learned, const float mark[EVIDENCE_MARKS],
	     double term[EVIDENCE_TERMS])
{
	double origin = 0, scale;

	for (int i = 0; i < EVIDENCE_MARKS; i++)
		term[i] = (double)mark[i];
	if (term[EVIDENCE_TERM_NEW] < 0) { /* few clients: an attack or a loop, not strangers */
		term[EVIDENCE_TERM_ASKED] = term[EVIDENCE_TERM_TAGGED] = 0;
		term[EVIDENCE_TERM_UNKNOWN] = fmin(term[EVIDENCE_TERM_UNKNOWN], 0);
	}
	for (int i = EVIDENCE_TERM_NEW; i <= EVIDENCE_TERM_TAGGED; i++)
		origin += term[i];
	scale = fabs(origin) > EVIDENCE_CAP ? EVIDENCE_CAP / fabs(origin) : 1;
	for (int i = EVIDENCE_TERM_NEW; i <= EVIDENCE_TERM_TAGGED; i++)
		term[i] *= scale;
	term[EVIDENCE_TERM_SENT] = own_sending(learned);
	return term[EVIDENCE_TERM_UNKNOWN] + origin * scale + term[EVIDENCE_TERM_SENT];
}
