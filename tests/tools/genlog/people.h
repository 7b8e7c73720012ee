/* For genlog: clients, senders, recipients, and what they say; some ordinary, some hostile. */
#ifndef TESTS_TOOLS_GENLOG_PEOPLE_H
#define TESTS_TOOLS_GENLOG_PEOPLE_H

#include "tests/tools/genlog/actor.h"

void people_client(char client[ADDRESS]);
void people_sender(struct actor *actor); /* into `from` */

/* A recipient of ours, into `to` and `domain`. Some are odd but valid (RFC 5321, 4.1.2). */
void people_recipient(struct actor *actor, const char *head);

/* One that is not ours. */
void people_stranger(struct actor *actor);

/* As Postfix prints it: `<>()\";@` and blanks are '?'. */
const char *people_helo(const struct actor *actor);

void people_message_id(struct actor *actor);

/* What a remote MTA answered when it took a message, or refused it. */
const char *people_accepts(const struct actor *actor);
const char *people_refuses(const struct actor *actor);

#endif
