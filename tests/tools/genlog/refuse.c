#include "tests/tools/genlog/refuse.h"

#include "tests/tools/genlog/options.h"
#include "tests/tools/genlog/people.h"

#include <stdio.h>

static const char *
stage_id(const struct actor *actor)
{
	return actor->id[0] ? actor->id : "NOQUEUE";
}

/* The kind of a refusal at RCPT. A refused user of ours is none. */
static bool
kind_of(const struct actor *actor, const char *code, enum event_kind *kind_out)
{
	bool permanent = code[0] == '5';

	if (actor->null_sender)
		*kind_out = permanent ? EVENT_BOUNCE_REFUSED : EVENT_BOUNCE_DEFERRED;
	else
		*kind_out = permanent ? EVENT_MAIL_REFUSED : EVENT_MAIL_DEFERRED;
	return actor->play != PLAY_SUBMISSION;
}

/* syslogd does not write the same line again, but how often it came. */
static void
repeat(const struct actor *actor, enum event_kind kind)
{
	int times = some(1, 40);

	if (!percent(options.often[OFTEN_REPEATED]))
		return;
	out_repeated(actor->at_us, actor->host, times, some(0, 1));
	truth_happened(actor->at_us, actor->domain, kind, times);
}

/* The address in the text is as the client wrote it, without the quotes that mark its parts. */
static void
unquoted(const char *to, char out[ADDRESS])
{
	for (; *to; to++)
		if (*to != '"' && *to != '\\')
			*out++ = *to;
	*out = '\0';
}

static void
refuse(struct actor *actor, const char *code, const char *text)
{
	enum event_kind kind;
	char plain[ADDRESS];

	unquoted(actor->to, plain);
	LINE(actor, actor->play == PLAY_SUBMISSION ? "submission/smtpd" : "smtpd", actor->pid,
	     "%s: reject: RCPT from %s: %s <%s>: %s; from=<%s> to=<%s> proto=ESMTP helo=<%s>%s",
	     stage_id(actor), actor->client, code, plain, text, actor->from, actor->to,
	     people_helo(actor),
	     actor->play == PLAY_SUBMISSION ? " sasl_method=PLAIN sasl_username=from=<>@example.jp"
					    : "");
	if (!kind_of(actor, code, &kind))
		return;
	actor_happened(actor, actor->domain, kind);
	repeat(actor, kind);
}

/* The mail system is full: the one refusal that is also pressure (RFC 3463, X.3.Y). */
static void
refuse_pressed(struct actor *actor)
{
	enum event_kind kind;

	if (some(0, 1)) {
		LINE(actor, "smtpd", actor->pid,
		     "NOQUEUE: reject: MAIL from %s: 452 4.3.1 Insufficient system storage; "
		     "from=<%s> proto=ESMTP helo=<%s>",
		     actor->client, actor->from, people_helo(actor));
		kind = actor->null_sender ? EVENT_BOUNCE_REFUSED_LATE : EVENT_MAIL_DEFERRED;
		actor->domain = 0;
	} else {
		LINE(actor, "smtpd", actor->pid,
		     "NOQUEUE: reject: RCPT from %s: 451 4.3.0 <%s>: Temporary lookup failure; "
		     "from=<%s> to=<%s> proto=ESMTP helo=<%s>",
		     actor->client, actor->to, actor->from, actor->to, people_helo(actor));
		kind_of(actor, "451", &kind);
	}
	actor_happened(actor, actor->domain, kind);
	actor_happened(actor, actor->domain, EVENT_PRESSURE);
}

static void
refuse_postscreen(struct actor *actor)
{
	const char *address = strchr(actor->client, '[');
	enum event_kind kind;
	int port = some(1024, 65535);

	LINE(actor, "postscreen", 700,
	     "NOQUEUE: reject: RCPT from %s:%d: 550 5.7.1 Service unavailable; client %s blocked "
	     "using bl.example; from=<%s>, to=<%s>, proto=ESMTP, helo=<mta.%d.example>",
	     address, port, address, actor->from, actor->to, actor->pid);
	kind_of(actor, "550", &kind);
	actor_happened(actor, actor->domain, kind);
}

static void
refuse_relay(struct actor *actor)
{
	people_stranger(actor);
	refuse(actor, some(0, 1) ? "554 5.7.1" : "454 4.7.1", "Relay access denied");
}

void
refuse_recipient(struct actor *actor)
{
	if (actor->play == PLAY_RELAY_DENIED) {
		refuse_relay(actor);
		return;
	}
	people_recipient(actor, "ghost");
	if (actor->play == PLAY_PRESSED)
		refuse_pressed(actor);
	else if (actor->play == PLAY_POSTSCREEN)
		refuse_postscreen(actor);
	else if (actor->play == PLAY_GREYLISTED)
		refuse(actor, "450 4.2.0",
		       "Recipient address rejected: Greylisted, see http://grey.example/help");
	else
		refuse(actor, "550 5.1.1",
		       "Recipient address rejected: User unknown in virtual mailbox table");
}

void
refuse_late(struct actor *actor)
{
	int cleanup = 300 + actor->pid % 7, domain = actor->domain;

	if (actor->play == PLAY_LATE_DATA) {
		LINE(actor, "smtpd", actor->pid,
		     "%s: reject: DATA from %s: 550 5.5.3 <DATA>: Data command rejected: "
		     "Multi-recipient bounce; from=<%s> proto=ESMTP helo=<%s>",
		     actor->id, actor->client, actor->from, people_helo(actor));
		domain = 0;
	} else if (actor->play == PLAY_LATE_HEADER) {
		LINE(actor, "cleanup", cleanup, "%s: message-id=<>", actor->id);
		LINE(actor, "cleanup", cleanup,
		     "%s: reject: header Subject: to=<c@d> proto=ESMTP helo=<x> from %s; from=<%s> "
		     "to=<%s> proto=ESMTP helo=<%s>: 5.7.1 virus",
		     actor->id, actor->client, actor->from, actor->to, people_helo(actor));
	} else {
		LINE(actor, "cleanup", cleanup, "%s: message-id=<>", actor->id);
		LINE(actor, "cleanup", cleanup,
		     "%s: milter-reject: END-OF-MESSAGE from %s: 5.7.1 Spam message rejected; "
		     "from=<%s> to=<%s> proto=ESMTP helo=<%s>",
		     actor->id, actor->client, actor->from, actor->to, people_helo(actor));
	}
	actor_happened(actor, domain,
		       actor->null_sender ? EVENT_BOUNCE_REFUSED_LATE : EVENT_MAIL_REFUSED);
}

void
refuse_pressure(struct actor *actor)
{
	char client[ADDRESS];

	people_client(client);
	switch (some(0, 3)) {
	case 0:
		LINE(actor, "smtpd", 1999,
		     "warning: Connection rate limit exceeded: %d from %s for service smtp",
		     some(31, 99), client);
		break;
	case 1:
		LINE(actor, "smtpd", 1999,
		     "NOQUEUE: reject: CONNECT from %s: 421 4.7.0 Error: too many connections",
		     client);
		break;
	case 2:
		LINE(actor, "master", 100,
		     "warning: service \"smtp\" (25) has reached its process limit \"100\": new "
		     "clients may experience noticeable delays");
		break;
	default:
		LINE(actor, "cleanup", 300,
		     "fatal: mail_queue_enter: create file incoming/1.2: No space left on device");
	}
	actor_happened(actor, 0, EVENT_PRESSURE);
}
