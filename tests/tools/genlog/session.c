#include "tests/tools/genlog/session.h"

#include "tests/tools/genlog/options.h"
#include "tests/tools/genlog/people.h"
#include "tests/tools/genlog/refuse.h"

#include <stdio.h>

/* How the commands go: nothing, RCPTs that are refused, or a transaction. */
enum course { COURSE_NONE, COURSE_REFUSED, COURSE_MAIL };

/* How often in a thousand sessions of mail and of bounces; those of an option are 0 here. */
static const struct row {
	int mail, bounce;
	enum course course;
	int data; /* succeeded DATA commands per transaction, -1: none was tried */
} plays[PLAYS] = {
	[PLAY_MAIL] = { 852, 200, COURSE_MAIL, 1 },
	[PLAY_REFUSED] = { 70, 545, COURSE_REFUSED, -1 },
	[PLAY_REFUSED_MANY] = { 4, 80, COURSE_REFUSED, -1 },
	[PLAY_GREYLISTED] = { 30, 50, COURSE_REFUSED, -1 },
	[PLAY_RELAY_DENIED] = { 10, 20, COURSE_REFUSED, -1 },
	[PLAY_LOST] = { 18, 0, COURSE_NONE, -1 },
	[PLAY_LOST_DATA] = { 4, 4, COURSE_MAIL, 0 },
	[PLAY_PROBE] = { 4, 70, COURSE_MAIL, -1 },
	[PLAY_TOO_LARGE] = { 2, 1, COURSE_MAIL, 0 },
	[PLAY_LATE_DATA] = { 0, 15, COURSE_MAIL, 0 },
	[PLAY_LATE_HEADER] = { 3, 8, COURSE_MAIL, 0 },
	[PLAY_LATE_MILTER] = { 3, 7, COURSE_MAIL, 0 },
	[PLAY_PRESSED] = { 0, 0, COURSE_REFUSED, -1 },
	[PLAY_POSTSCREEN] = { 0, 0, COURSE_REFUSED, -1 },
	[PLAY_ABANDONED] = { 0, 0, COURSE_MAIL, -1 },
	[PLAY_SUBMISSION] = { 0, 0, COURSE_MAIL, 1 },
};

static enum play
some_play(bool bounces)
{
	int chance = some(0, 999), play = 0;

	if (percent(options.often[OFTEN_POSTSCREEN]))
		return PLAY_POSTSCREEN;
	if (percent(options.often[OFTEN_ABANDONED]))
		return PLAY_ABANDONED;
	if (percent(options.often[OFTEN_PRESSURE]))
		return PLAY_PRESSED;
	if (!bounces && percent(options.often[OFTEN_SUBMISSION]))
		return PLAY_SUBMISSION;
	for (;; play++) {
		chance -= bounces ? plays[play].bounce : plays[play].mail;
		if (chance < 0)
			return (enum play)play;
	}
}

void
session_begin(int64_t at_us, bool bounces)
{
	struct actor *new = actor_enter(PART_SESSION, at_us);

	if (!new)
		return;
	new->host = some(0, out_options.hosts - 1);
	new->instance = some(0, options.instances - 1);
	new->null_sender = bounces;
	new->hostile = percent(options.often[OFTEN_HOSTILE]);
	new->play = some_play(bounces);
	new->left = new->play == PLAY_REFUSED_MANY	   ? some(2, 8)
		    : new->play == PLAY_MAIL &&percent(10) ? 2
							   : 1;
	people_client(new->client);
	if (!bounces)
		people_sender(new);
}

static const char *
smtpd(const struct actor *actor)
{
	return actor->play == PLAY_SUBMISSION ? "submission/smtpd" : "smtpd";
}

static void
hand_over(struct actor *actor)
{
	struct actor *message = actor_follow(PART_MESSAGE, actor->at_us + some(500, 8000), actor);

	LINE(actor, "cleanup", 300 + actor->pid % 7, "%s: message-id=%s", actor->id,
	     actor->message_id);
	if (!message)
		return;
	message->quiet = message->abroad = actor->play == PLAY_SUBMISSION;
	message->recipients =
		!actor->null_sender && percent(options.often[OFTEN_SEVERAL]) ? RECIPIENTS : 1;
	message->fails = percent(message->abroad ? 15 : 2);
	message->left = percent(options.often[OFTEN_RETRIES]) ? some(1, 3) : 0;
	if (message->fails || message->left || message->abroad)
		message->recipients = 1;
	if ((message->recipients == 1 || percent(options.often[OFTEN_EACH])) && !message->abroad &&
	    percent(options.often[OFTEN_FILTER]))
		message->way = percent(options.often[OFTEN_XFORWARD]) ? WAY_XFORWARD : WAY_FILTER;
	memcpy(message->id, actor->id, sizeof(message->id));
}

/* "ID: client=...": a queue id is opened. */
static void
open_transaction(struct actor *actor)
{
	actor_new_id(actor);
	people_message_id(actor);
	if (actor->play != PLAY_SUBMISSION)
		people_recipient(actor, "u");
	else
		people_stranger(actor);
	if (actor->play == PLAY_SUBMISSION)
		LINE(actor, smtpd(actor), actor->pid,
		     "%s: client=%s, sasl_method=PLAIN, sasl_username=%s@example.jp", actor->id,
		     actor->client, actor->hostile ? "x: from=<>, size=1" : "anna");
	else if (percent(options.often[OFTEN_PROXY]))
		LINE(actor, smtpd(actor), actor->pid,
		     "%s: client=localhost[127.0.0.1], orig_client=%s", actor->id, actor->client);
	else
		LINE(actor, smtpd(actor), actor->pid, "%s: client=%s", actor->id, actor->client);
}

/* The turn after "client=": what became of the transaction. */
static void
end_transaction(struct actor *actor)
{
	switch (actor->play) {
	case PLAY_MAIL:
	case PLAY_SUBMISSION:
		hand_over(actor);
		break;
	case PLAY_LATE_DATA:
	case PLAY_LATE_HEADER:
	case PLAY_LATE_MILTER:
		refuse_late(actor);
		break;
	case PLAY_TOO_LARGE:
		LINE(actor, "cleanup", 300, "%s: message-id=<>", actor->id);
		LINE(actor, "cleanup", 300, "warning: %s: queue file size limit exceeded",
		     actor->id);
		actor_happened(actor, 0, EVENT_REFUSED_SENDER_UNKNOWN);
		break;
	case PLAY_LOST_DATA:
		LINE(actor, "smtpd", actor->pid, "lost connection after DATA (120 bytes) from %s",
		     actor->client);
		break;
	case PLAY_PROBE: /* with a sender too: no line says which one a probe had */
	case PLAY_REFUSED:
	case PLAY_REFUSED_MANY:
	case PLAY_GREYLISTED:
	case PLAY_RELAY_DENIED:
	case PLAY_PRESSED:
	case PLAY_POSTSCREEN:
	case PLAY_LOST:
	case PLAY_ABANDONED:
	case PLAYS:
		break;
	}
}

static void
disconnect(const struct actor *actor)
{
	const struct row *row = &plays[actor->play];
	int n = actor->done;

	if (actor->play == PLAY_POSTSCREEN || actor->play == PLAY_ABANDONED)
		return;
	if (actor->play == PLAY_PROBE)
		actor_happened(actor, 0, EVENT_PROBE);
	if (row->course == COURSE_NONE)
		LINE(actor, "smtpd", actor->pid, "disconnect from %s ehlo=1 commands=1",
		     actor->client);
	else if (row->course == COURSE_REFUSED)
		LINE(actor, "smtpd", actor->pid,
		     "disconnect from %s ehlo=1 mail=1 rcpt=0/%d quit=1 commands=3/%d",
		     actor->client, n, n + 3);
	else if (row->data < 0)
		LINE(actor, "smtpd", actor->pid,
		     "disconnect from %s ehlo=1 mail=1 rcpt=1%s quit=1 commands=%d", actor->client,
		     actor->pid % 2 ? " rset=1" : "", 4 + actor->pid % 2);
	else if (row->data == 0)
		LINE(actor, "smtpd", actor->pid,
		     "disconnect from %s ehlo=1 mail=1 rcpt=1 data=0/1 quit=1 commands=4/5",
		     actor->client);
	else
		LINE(actor, smtpd(actor), actor->pid,
		     "disconnect from %s ehlo=1 mail=%d rcpt=%d data=%d quit=1 commands=%d",
		     actor->client, n, n, n, 3 * n + 2);
}

/* Between two commands: mostly a round trip, now and then a slow client. */
static int
think(void)
{
	return percent(10) ? some(500000, 8000000) : some(500, 400000);
}

static void
greet(struct actor *actor)
{
	if (actor->play == PLAY_POSTSCREEN)
		LINE(actor, "postscreen", 700, "CONNECT from %s:%d to [192.0.2.25]:25",
		     strchr(actor->client, '['), some(1024, 65535));
	else
		LINE(actor, smtpd(actor), actor->pid, "connect from %s", actor->client);
}

int
session_turn(struct actor *actor)
{
	enum course course = plays[actor->play].course;

	switch (actor->step) {
	case 0:
		greet(actor);
		actor->step = course == COURSE_NONE ? 3 : 1;
		return think();
	case 1:
		if (course == COURSE_REFUSED) {
			refuse_recipient(actor);
			actor->step = ++actor->done < actor->left ? 1 : 3;
		} else {
			open_transaction(actor);
			actor->step = 2;
		}
		return think();
	case 2:
		end_transaction(actor);
		actor->step = ++actor->done < actor->left ? 1 : 3;
		return think();
	default:
		if (actor->play == PLAY_LOST)
			LINE(actor, "smtpd", actor->pid, "lost connection after EHLO from %s",
			     actor->client);
		disconnect(actor);
		return -1;
	}
}
