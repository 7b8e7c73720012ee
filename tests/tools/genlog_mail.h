/*
 * For genlog: sessions (one smtpd) and messages (queue manager and delivery), a step at a time.
 */
#ifndef TESTS_TOOLS_GENLOG_MAIL_H
#define TESTS_TOOLS_GENLOG_MAIL_H

#include "tests/tools/genlog_actors.h"

/* Sessions: each step writes what one command left in the log. */

static void
refuse(struct actor *actor, const char *stage_id, const char *code, const char *text)
{
	LINE(actor, "smtpd", actor->pid,
	     "%s: reject: RCPT from %s: %s <%s>: %s; from=<%s> to=<%s> proto=ESMTP "
	     "helo=<mta.%d.example>",
	     stage_id, actor->client, code, actor->to, text, actor->from, actor->to, actor->pid);
}

static void
refusal(struct actor *actor)
{
	bool null = actor->null_sender;

	if (actor->play == PLAY_RELAY_DENIED) {
		snprintf(actor->to, ADDRESS, "who%d@elsewhere.example", some(1, 99));
		actor->domain = domain_number("elsewhere.example");
		if (chance_percent(&dice, 50)) {
			refuse(actor, "NOQUEUE", "554 5.7.1", "Relay access denied");
			happened(actor->domain, EVENT_BOUNCE_REFUSED);
		} else {
			refuse(actor, "NOQUEUE", "454 4.7.1", "Relay access denied");
			happened(actor->domain, EVENT_BOUNCE_DEFERRED);
		}
		return;
	}
	some_recipient(actor, "ghost");
	if (actor->play == PLAY_GREYLISTED || actor->play == PLAY_MAIL_GREYLISTED) {
		refuse(actor, "NOQUEUE", "450 4.2.0",
		       "Recipient address rejected: Greylisted, see http://grey.example/help");
		happened(actor->domain, null ? EVENT_BOUNCE_DEFERRED : EVENT_MAIL_DEFERRED);
		return;
	}
	if (actor->play == PLAY_INJECTION)
		snprintf(actor->from, ADDRESS, "\"x> to=<v%d@%.99s>; from=<\"@peer.example",
			 some(1, 99), truth.name[1]);
	refuse(actor, "NOQUEUE", "550 5.1.1",
	       "Recipient address rejected: User unknown in virtual mailbox table");
	happened(actor->domain, null ? EVENT_BOUNCE_REFUSED : EVENT_MAIL_REFUSED);
}

static void
accept_message(struct actor *actor)
{
	struct actor *message = enter(PART_MESSAGE, actor->at_us + some(500, 8000));

	LINE(actor, "cleanup", 300 + actor->pid % 7, "%s: message-id=<%d.%lld@%s>", actor->id,
	     some(100, 999999), (long long)actor->at_us,
	     actor->null_sender ? "mta.example" : "peer.example");
	if (!message)
		return;
	message->null_sender = actor->null_sender;
	message->domain = actor->domain;
	message->recipients = actor->null_sender || actor->to[0] == '"' ? 1
			      : chance_percent(&dice, 8)		? RECIPIENTS
									: 1;
	message->fails = !actor->null_sender && chance_percent(&dice, 2);
	message->left = chance_percent(&dice, 3) ? some(1, 3) : 0;
	message->queued_us = actor->at_us;
	memcpy(message->id, actor->id, sizeof(message->id));
	memcpy(message->from, actor->from, sizeof(message->from));
	memcpy(message->to, actor->to, sizeof(message->to));
}

/* The step after "client=": what became of the transaction. */
static void
transaction(struct actor *actor)
{
	int cleanup = 300 + actor->pid % 7;

	if (actor->play == PLAY_LATE_DATA) {
		LINE(actor, "smtpd", actor->pid,
		     "%s: reject: DATA from %s: 550 5.5.3 <DATA>: Data command rejected: "
		     "Multi-recipient bounce; from=<> proto=ESMTP helo=<mta.example>",
		     actor->id, actor->client);
		happened(0, EVENT_BOUNCE_REFUSED_LATE);
	} else if (actor->play == PLAY_LATE_HEADER) {
		LINE(actor, "cleanup", cleanup, "%s: message-id=<>", actor->id);
		LINE(actor, "cleanup", cleanup,
		     "%s: reject: header Subject: to=<c@d> proto=ESMTP helo=<x> from %s; from=<> "
		     "to=<%s> "
		     "proto=ESMTP helo=<mta.example>: 5.7.1 virus bounce",
		     actor->id, actor->client, actor->to);
		happened(actor->domain, EVENT_BOUNCE_REFUSED_LATE);
	} else if (actor->play == PLAY_PROBE) {
		happened(0, EVENT_PROBE);
	} else {
		accept_message(actor);
	}
}

static void
disconnect(struct actor *actor)
{
	int n = actor->done;

	if (plays[actor->play].refuses)
		LINE(actor, "smtpd", actor->pid,
		     "disconnect from %s ehlo=1 mail=1 rcpt=0/%d quit=1 commands=3/%d",
		     actor->client, n, n + 3);
	else if (actor->play == PLAY_LATE_DATA || actor->play == PLAY_LATE_HEADER)
		LINE(actor, "smtpd", actor->pid,
		     "disconnect from %s ehlo=1 mail=1 rcpt=1 data=0/1 quit=1 commands=4/5",
		     actor->client);
	else if (actor->play == PLAY_PROBE)
		LINE(actor, "smtpd", actor->pid,
		     "disconnect from %s ehlo=1 mail=1 rcpt=1%s quit=1 commands=%d", actor->client,
		     actor->pid % 2 ? " rset=1" : "", 4 + actor->pid % 2);
	else
		LINE(actor, "smtpd", actor->pid,
		     "disconnect from %s ehlo=1 mail=%d rcpt=%d data=%d quit=1 commands=%d",
		     actor->client, n, n, n, 3 * n + 2);
}

static int
session(struct actor *actor)
{
	switch (actor->step) {
	case 0:
		LINE(actor, "smtpd", actor->pid, "connect from %s", actor->client);
		actor->step = actor->play == PLAY_LOST ? 3 : 1;
		break;
	case 1:
		if (plays[actor->play].refuses) {
			refusal(actor);
			actor->step = ++actor->done < actor->left ? 1 : 4;
			break;
		}
		new_id(actor);
		some_recipient(actor, "u");
		LINE(actor, "smtpd", actor->pid, "%s: client=%s", actor->id, actor->client);
		actor->step = 2;
		break;
	case 2:
		transaction(actor);
		actor->step = ++actor->done < actor->left ? 1 : 4;
		break;
	case 3:
		LINE(actor, "smtpd", actor->pid, "lost connection after EHLO from %s",
		     actor->client);
		LINE(actor, "smtpd", actor->pid, "disconnect from %s ehlo=1 commands=1",
		     actor->client);
		return -1;
	default:
		disconnect(actor);
		return -1;
	}
	return some(500, 40000);
}

/* Messages: the queue manager takes one, each recipient is tried, it is removed. */

static void
queue(struct actor *actor)
{
	LINE(actor, "qmgr", 290, "%s: from=<%s>, size=%d, nrcpt=%d (queue active)", actor->id,
	     actor->from, some(300, 99999), actor->recipients);
	if (actor->done++ > 0 || actor->passed)
		return;
	if (actor->local)
		happened(0, EVENT_LOCAL_DSN);
	else
		happened(actor->domain,
			 actor->null_sender ? EVENT_BOUNCE_ACCEPTED : EVENT_MAIL_ACCEPTED);
}

/* One try. `what` is "sent", "deferred" or "bounced". Delays as Postfix rounds them. */
static void
deliver(struct actor *actor, const char *to, const char *relay, const char *dsn, const char *what,
	const char *reply)
{
	double delay = (double)(actor->at_us - actor->queued_us) / 1e6;

	LINE(actor, actor->local || actor->fails ? "smtp" : "lmtp", 400 + actor->pid % 9,
	     "%s: to=<%s>, relay=%s, delay=%.*f, delays=0.01/%.*f/0/0.01, dsn=%s, status=%s (%s)",
	     actor->id, to, relay, delay < 10 ? 2 : 0, delay, delay < 10 ? 2 : 0, delay, dsn, what,
	     reply);
}

/* The bounce that this MTA makes for a message which it cannot deliver (log order of < 3.11). */
static void
local_bounce(struct actor *actor)
{
	struct actor *dsn = enter(PART_MESSAGE, actor->at_us + some(100, 3000));
	char host[ADDRESS] = "";

	if (!dsn)
		return;
	dsn->null_sender = dsn->local = true;
	dsn->recipients = 1;
	dsn->queued_us = actor->at_us;
	memcpy(dsn->to, actor->from, sizeof(dsn->to));
	span_copy(span_of(strrchr(actor->from, '@') + 1), host, sizeof(host));
	dsn->domain = domain_number(host);
	new_id(dsn);
	LINE(actor, "cleanup", 300, "%s: message-id=<%lld.%s@mx1.example>", dsn->id,
	     (long long)actor->at_us, dsn->id);
	LINE(actor, "bounce", 500, "%s: sender non-delivery notification: %s", actor->id, dsn->id);
}

/* Through a content filter: the same message comes back from this host under a second id. */
static void
filter(struct actor *actor)
{
	struct actor *second = enter(PART_MESSAGE, actor->at_us + some(300, 3000));
	char reply[128];

	if (!second)
		return;
	second->null_sender = actor->null_sender;
	second->passed = true;
	second->domain = actor->domain;
	second->recipients = actor->recipients;
	second->queued_us = actor->at_us;
	memcpy(second->from, actor->from, sizeof(second->from));
	memcpy(second->to, actor->to, sizeof(second->to));
	new_id(second);
	LINE(actor, "smtpd", 600, "connect from localhost[127.0.0.1]");
	LINE(actor, "smtpd", 600, "%s: client=localhost[127.0.0.1]", second->id);
	LINE(actor, "cleanup", 300, "%s: message-id=<f.%s@peer.example>", second->id, actor->id);
	LINE(actor, "smtpd", 600,
	     "disconnect from localhost[127.0.0.1] ehlo=1 mail=1 rcpt=1 "
	     "data=1 quit=1 commands=5");
	snprintf(reply, sizeof(reply),
		 "250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as %s",
		 second->id);
	deliver(actor, actor->to, "127.0.0.1[127.0.0.1]:10024", "2.0.0", "sent", reply);
}

static void
deliver_all(struct actor *actor)
{
	static const char refusal_text[] =
		"host mx.far.example[192.0.2.7] said: 550 5.1.1 NOQUEUE: reject: RCPT from "
		"evil[203.0.113.9]: 550 5.1.1 <v@x>: from=<> to=<v@x> proto=ESMTP helo=<evil> (in "
		"reply to RCPT TO command)";

	if (actor->fails) {
		deliver(actor, actor->to, "mx.far.example[192.0.2.7]:25", "5.1.1", "bounced",
			refusal_text);
		happened(actor->domain, EVENT_DELIVERY_FAILED);
		local_bounce(actor);
		return;
	}
	for (int i = 0; i < actor->recipients; i++) {
		char to[2 * ADDRESS + 64];

		/* Some are rewritten: the address that the world used is then in orig_to. */
		if (chance_percent(&dice, 3))
			snprintf(to, sizeof(to), "box%d@store.internal>, orig_to=<%.*s%s", i, i,
				 "xyz", actor->to);
		else
			snprintf(to, sizeof(to), "%.*s%s", i, "xyz", actor->to);
		deliver(actor, to, "127.0.0.1[127.0.0.1]:24", "2.0.0", "sent",
			chance_percent(&dice, 2) ? "250 2.1.5 Ok; from=<>, size=1, nrcpt=1"
						 : "250 2.1.5 Ok");
		happened(actor->domain, EVENT_DELIVERED);
	}
}

static int
message(struct actor *actor)
{
	switch (actor->step) {
	case 0:
		queue(actor);
		actor->step = 1;
		return some(1000, 90000);
	case 1:
		if (actor->left > 0 && actor->recipients == 1) {
			deliver(actor, actor->to, "none", "4.4.1", "deferred",
				"connect to 127.0.0.1[127.0.0.1]:24: Connection refused");
			happened(actor->domain, EVENT_DELIVERY_DEFERRED);
			actor->left--;
			actor->step = 0;
			return ending ? some(1000, 9000) : some(300, 1200) * 1000000;
		}
		actor->step = 2;
		if (options.filter && !actor->passed && !actor->local && !actor->fails &&
		    actor->recipients == 1)
			filter(actor);
		else
			deliver_all(actor);
		return some(100, 3000);
	default:
		LINE(actor, "qmgr", 290, "%s: removed", actor->id);
		return -1;
	}
}

#endif
