/*
 * Who may do what, decided once before any route runs. Refused tries are counted by address: the
 * first few a minute get 401 and a line in the log, the rest 429.
 */
#ifndef WEB_RIGHTS_H
#define WEB_RIGHTS_H

#include "web/exchange.h"
#include "web/tokens.h"

#define RIGHTS_PEERS 64	  /* addresses remembered; the oldest is forgotten */
#define RIGHTS_FAILURES 5 /* in RIGHTS_WINDOW */
#define RIGHTS_WINDOW 60  /* seconds */
#define RIGHTS_ORIGINS 8
#define RIGHTS_ORIGIN 272

enum rights_need {
	RIGHTS_NONE,   /* health */
	RIGHTS_READ,   /* open on unix sockets and loopback */
	RIGHTS_PUSH,   /* role push, or our uid or root's on the unix socket */
	RIGHTS_CHANGE, /* role operate, or our uid or root's on the unix socket */
};

struct rights_failure {
	char peer[EXCHANGE_PEER];
	int64_t since;
	unsigned count;
};

struct rights_origins {
	unsigned count;
	char origin[RIGHTS_ORIGINS][RIGHTS_ORIGIN]; /* as a browser writes them */
};

struct rights {
	struct tokens tokens;
	struct rights_origins origins;
	struct rights_failure failures[RIGHTS_PEERS];
};

/*
 * True: go on; `who_out` is the token that was shown, or NULL. False: the reply is the problem
 * (401, 403, 429), `tell_out` says whether it belongs in the log.
 */
bool rights_check(struct rights *rights, const struct request *request, enum rights_need need,
		  const struct token **who_out, bool *tell_out, struct reply *reply);

/*
 * The origin of the page that asks, when it is a listed one and comes over TCP: a browser may give
 * it the answer, and the token alone decides what it changes. Else NULL. (On a unix socket no token
 * is wanted, and no browser comes there.)
 */
const char *rights_origin(const struct rights *rights, const struct request *request);

#endif
