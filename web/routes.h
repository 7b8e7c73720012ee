/*
 * The table of routes: pattern, method, right, handler. web/openapi.yaml describes the same rows;
 * a test compares them.
 */
#ifndef WEB_ROUTES_H
#define WEB_ROUTES_H

#include "web/site.h"

struct routes_call {
	struct site *site;
	const struct request *request;
	const struct snapshot *snapshot;
	struct span name;	 /* what stood for {name} in the path */
	const struct token *who; /* the token that was shown, or NULL */
};

struct route {
	const char *pattern; /* "/v1/domains/{name}" */
	const char *method;  /* GET answers HEAD too */
	enum rights_need need;
	bool (*handle)(const struct routes_call *call, struct reply *reply);
	const char *sentence;
};

/* The table; its last row has no pattern. */
extern const struct route routes_table[];

/* For the log. */
struct routes_note {
	bool refused;		 /* for want of a right */
	bool quiet;		 /* it comes all the time: not told when it is taken */
	const struct token *who; /* the token that was shown, or NULL; until the next web_reload */
};

/* Answers a request. */
void routes_answer(struct site *site, const struct request *request, struct reply *reply,
		   struct routes_note *note_out);

#endif
