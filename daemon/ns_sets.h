/*
 * `check-ns`: the name servers of a zone's NS RRset are looked up from time to time on a worker
 * thread, and those that are found must show a change beside those that `check` names. The loop
 * never waits. While the whole RRset cannot be looked up, those that were known before stay.
 */
#ifndef NS_SETS_H
#define NS_SETS_H

#include "daemon/probe/nameservers.h"

#include <uv.h>

struct engine;
struct zone;

struct ns_set {
	struct config_server
		server;		  /* what was asked for; another one in the settings begins anew */
	struct nameservers found; /* the worker's while it is busy */
	struct nameservers known; /* the last whole answer */
	bool busy, answered;
	unsigned failures; /* in a row; a person is told of the second */
	int64_t next_us;   /* monotonic */
	uv_work_t work;
	struct ns_sets *all;
};

struct ns_sets {
	struct ns_set *list[CONFIG_SERVERS]; /* NULL where it is not wanted */
	bool busy;			     /* one at a time: others need the workers, too */
	atomic_bool give_up;
};

/* Those of `check`, and what was looked up, are asked from now on; not while the zone is busy. */
void ns_sets_give(struct zone *zone, const struct config_server *server,
		  const struct nameservers *found);

/* Starts what is due, journals what was found, and gives it to the zones. */
void ns_sets_step(struct engine *engine);

/* Those under way end soon. */
void ns_sets_stop(struct ns_sets *sets);

/* When the loop is empty. */
void ns_sets_free(struct ns_sets *sets);

#endif
