#include "tests/tools/genlog/message.h"

#include "tests/tools/genlog/options.h"
#include "tests/tools/genlog/people.h"

#include <stdio.h>

#define CLEANUP(actor) (300 + (actor)->pid % 7)

bool message_hurry;

static void
queue(struct actor *actor)
{
	LINE(actor, "qmgr", 290, "%s: from=<%s>, size=%d, nrcpt=%d (queue active)", actor->id,
	     actor->from, some(300, 99999), actor->recipients);
	if (actor->done++ > 0 || actor->quiet || actor->local)
		return;
	actor_happened(actor, actor->domain,
		       actor->null_sender ? EVENT_BOUNCE_ACCEPTED : EVENT_MAIL_ACCEPTED);
}

struct answer {
	const char *relay, *dsn, *status, *reply;
};

/* One try. Delays as Postfix rounds them. Mail for us goes by lmtp, the rest by smtp. */
static void
deliver(const struct actor *actor, const char *to, struct answer answer)
{
	double delay = (double)(actor->at_us - actor->queued_us) / 1e6;
	int places = delay < 10 ? 2 : 0;

	LINE(actor, actor->local || actor->abroad ? "smtp" : "lmtp", 400 + actor->pid % 9,
	     "%s: to=<%s>, relay=%s, delay=%.*f, delays=0.01/%.*f/0/0.01, dsn=%s, status=%s (%s)",
	     actor->id, to, answer.relay, places, delay, places, delay, answer.dsn, answer.status,
	     answer.reply);
}

/* Some are rewritten: the address that the world used is then in orig_to. */
static void
deliver_here(const struct actor *actor, const char *to, int domain, int box)
{
	char both[2 * ADDRESS];

	if (percent(3))
		snprintf(both, sizeof(both), "box%d@store.internal>, orig_to=<%s", box, to);
	else
		snprintf(both, sizeof(both), "%s", to);
	deliver(actor, both,
		(struct answer){ "127.0.0.1[127.0.0.1]:24", "2.0.0", "sent",
				 people_accepts(actor) });
	actor_happened(actor, domain, EVENT_DELIVERED);
}

/* The others of several recipients may be of any domain of ours; the first one decides. */
static void
deliver_all(const struct actor *actor)
{
	struct actor other = *actor;

	deliver_here(actor, actor->to, actor->domain, 0);
	for (int i = 1; i < actor->recipients; i++) {
		people_recipient(&other, "v");
		deliver_here(actor, other.to, other.domain, i);
	}
}

static void
defer(struct actor *actor)
{
	deliver(actor, actor->to,
		(struct answer){ "none", "4.4.1", "deferred",
				 "connect to 127.0.0.1[127.0.0.1]:24: Connection refused" });
	actor_happened(actor, actor->domain, EVENT_DELIVERY_DEFERRED);
	actor->left--;
	actor->step = 0;
}

/*
 * The bounce that this MTA makes for what it cannot deliver. Before 3.11 its own lines come first,
 * then the line of bounce that names it.
 */
static void
local_bounce(struct actor *actor)
{
	struct actor *dsn = actor_follow(PART_MESSAGE, actor->at_us + some(100, 3000), actor);
	bool first = some(0, 1);

	if (!dsn)
		return;
	dsn->null_sender = dsn->local = true;
	dsn->from[0] = '\0';
	memcpy(dsn->to, actor->from, sizeof(dsn->to));
	dsn->domain = truth_domain(strrchr(actor->from, '@') + 1);
	out_queue_id(dsn->id, percent(options.long_ids), actor->at_us + 1,
		     0x1a70000u + (unsigned)dsn->pid);
	if (first)
		LINE(actor, "bounce", 500, "%s: sender non-delivery notification: %s", actor->id,
		     dsn->id);
	LINE(actor, "cleanup", CLEANUP(actor), "%s: message-id=<%lld.%s@mx1.example>", dsn->id,
	     (long long)actor->at_us, dsn->id);
	if (!first)
		LINE(actor, "bounce", 500, "%s: sender non-delivery notification: %s", actor->id,
		     dsn->id);
	actor_happened(actor, 0, EVENT_LOCAL_DSN);
}

static void
fail(struct actor *actor)
{
	deliver(actor, actor->to,
		(struct answer){ "mx.far.example[192.0.2.7]:25", "5.1.1", "bounced",
				 people_refuses(actor) });
	actor_happened(actor, actor->domain, EVENT_DELIVERY_FAILED);
	if (!actor->null_sender)
		local_bounce(actor);
}

/*
 * Through a content filter: the same message comes back from this host under a second id; with
 * several recipients under one for each, which may be of any domain of ours.
 */
static void
give_back(struct actor *actor)
{
	struct actor *second = actor_follow(PART_MESSAGE, actor->at_us + some(300, 3000), actor);
	int number = actor->given;

	if (!second) {
		if (number == 0)
			actor->way = WAY_DIRECT;
		actor->recipients = number ? number : actor->recipients;
		return;
	}
	if (number > 0)
		people_recipient(second, "v");
	second->quiet = true;
	out_queue_id(second->id, percent(options.long_ids), actor->at_us + 2,
		     0x2a70000u + (unsigned)second->pid);
	LINE(actor, "smtpd", 600, "connect from localhost[127.0.0.1]");
	if (actor->way == WAY_XFORWARD)
		LINE(actor, "smtpd", 600, "%s: client=%s, orig_queue_id=%s, orig_client=%s",
		     second->id, actor->client, actor->id, actor->client);
	else
		LINE(actor, "smtpd", 600, "%s: client=localhost[127.0.0.1]", second->id);
	LINE(actor, "cleanup", CLEANUP(actor), "%s: message-id=%s", second->id, actor->message_id);
	LINE(actor, "smtpd", 600,
	     "disconnect from localhost[127.0.0.1] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5");
	memcpy(actor->back[number].id, second->id, sizeof(second->id));
	memcpy(actor->back[number].to, second->to, sizeof(second->to));
	actor->given++;
}

/* Where the next turn goes on: back to the filter, for as many at a time as it likes. */
static int
give_back_some(struct actor *actor)
{
	give_back(actor);
	return actor->given < actor->recipients && actor->way != WAY_DIRECT && percent(50) ? 1 : 2;
}

static int
given_back(struct actor *actor)
{
	char reply[128];

	for (; actor->told < actor->given; actor->told++) {
		snprintf(reply, sizeof(reply),
			 "250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as %s",
			 actor->back[actor->told].id);
		deliver(actor, actor->back[actor->told].to,
			(struct answer){ "127.0.0.1[127.0.0.1]:10024", "2.0.0", "sent", reply });
	}
	return actor->told < actor->recipients ? 1 : 3;
}

int
message_turn(struct actor *actor)
{
	switch (actor->step) {
	case 0:
		queue(actor);
		actor->step = 1;
		return some(1000, 900000);
	case 1:
		if (actor->left > 0) {
			defer(actor);
			return message_hurry ? some(1000, 9000) : some(300, 1200) * 1000000;
		}
		actor->step = actor->way == WAY_DIRECT ? 2 : give_back_some(actor);
		/* Before the second one is delivered; or, with several, a while after that. */
		return actor->given && actor->recipients > 1 && percent(30) ? some(1, 5) * 1000000
									    : some(100, 1200);
	case 2:
		actor->step = 3;
		if (actor->way != WAY_DIRECT)
			actor->step = given_back(actor);
		else if (actor->fails)
			fail(actor);
		else
			deliver_all(actor);
		return some(100, 3000);
	default:
		LINE(actor, "qmgr", 290, "%s: removed", actor->id);
		return -1;
	}
}
