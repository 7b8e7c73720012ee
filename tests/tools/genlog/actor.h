/*
 * For genlog: the actors, and the heap that says whose turn it is. An actor is a source of
 * sessions, a session (one smtpd) or a message (queue manager and delivery); each turn it writes a
 * line or two and says when it goes on.
 */
#ifndef TESTS_TOOLS_GENLOG_ACTOR_H
#define TESTS_TOOLS_GENLOG_ACTOR_H

#include "tests/tools/genlog/chance.h"
#include "tests/tools/genlog/out.h"
#include "tests/tools/genlog/truth.h"

#define ADDRESS 320
#define RECIPIENTS 3 /* the most of one message */

enum part { PART_MAIL, PART_BOUNCES, PART_NOISE, PART_SESSION, PART_MESSAGE };

enum play {
	PLAY_MAIL,
	PLAY_REFUSED,
	PLAY_REFUSED_MANY,
	PLAY_GREYLISTED,
	PLAY_RELAY_DENIED,
	PLAY_PRESSED, /* refused because the MTA is at a limit */
	PLAY_POSTSCREEN,
	PLAY_LOST,
	PLAY_LOST_DATA,
	PLAY_PROBE,
	PLAY_ABANDONED, /* client= and nothing else, ever */
	PLAY_TOO_LARGE,
	PLAY_LATE_DATA,
	PLAY_LATE_HEADER,
	PLAY_LATE_MILTER,
	PLAY_SUBMISSION,
	PLAYS
};

enum way { WAY_DIRECT, WAY_FILTER, WAY_XFORWARD }; /* a message, once it is in the queue */

struct actor {
	int64_t at_us;
	enum part part;
	enum play play;
	enum way way;
	int step, pid, host, instance;
	int left; /* transactions, refusals, or delivery attempts that will be deferred */
	int done; /* of those */
	int domain, recipients;
	bool null_sender, hostile, fails;
	bool local;  /* a bounce that this MTA made */
	bool quiet;  /* not counted as arriving: from a user of ours, or back from the filter */
	bool abroad; /* its recipient is not ours */
	int64_t queued_us;
	int given, told; /* recipients for whom the filter gave it back, and that a line said so */
	struct {
		char id[OUT_ID], to[ADDRESS]; /* under which it came back, for whom */
	} back[RECIPIENTS];
	char id[OUT_ID], client[ADDRESS], from[ADDRESS], to[ADDRESS], message_id[ADDRESS];
};

/* A new actor, or NULL when all are busy: then the session does not happen. */
struct actor *actor_enter(enum part part, int64_t at_us);

/* One that goes on with the mail of `from`: host, sender, recipient and the rest. */
struct actor *actor_follow(enum part part, int64_t at_us, const struct actor *from);

/* Whose turn it is, or NULL. Its wait is told by actor_wait; below zero it leaves. */
struct actor *actor_first(void);
void actor_wait(int64_t wait_us);

void actor_new_id(struct actor *actor);
void actor_happened(const struct actor *actor, int domain, enum event_kind kind);

#define LINE(actor, daemon, pid, ...)                                                              \
	out_line((actor)->at_us, (actor)->host, (actor)->instance, (daemon), (pid), __VA_ARGS__)

#endif
