/*
 * One notice by HTTP POST (libcurl). TLS is verified, redirects are not followed, no proxy is used.
 * The answer's head decides; its body is read for people only, and not far.
 *
 * Blocks: for worker threads.
 */
#ifndef NOTIFY_WEBHOOK_H
#define NOTIFY_WEBHOOK_H

#include "daemon/notify/shape.h"

#include <stdatomic.h>
#include <stdint.h>

#define WEBHOOK_OUTPUT 512 /* bytes of an answer that are kept, terminator included */
#define WEBHOOK_MOST 65536 /* bytes of an answer that are read, head included */
#define WEBHOOK_AGAIN 900  /* seconds: a longer Retry-After is not obeyed */

struct webhook_wish {
	const char *url;
	enum notice_format format;
	const char *secret_file, *ca_file; /* "": none */
	const struct shape *list;
	unsigned count;
	const char *id;	   /* stays the same when it is sent again */
	int64_t timestamp; /* seconds, now */
	int64_t timeout_ms;
	const atomic_bool *give_up; /* NULL, or ends it early when it turns true */
};

struct webhook_result {
	enum notice_answer answer;
	bool given_up;	      /* told nothing: it was ended early, before an answer */
	long status;	      /* 0: there was none */
	int64_t retry_after;  /* seconds; 0: not said */
	char why[NOTICE_WHY]; /* a sentence; empty when told; no secret in it */
};

void webhook_send(const struct webhook_wish *wish, struct webhook_result *out);

#endif
