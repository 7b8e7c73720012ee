/*
 * One message out, one message back, on a libuv loop: connected UDP with repeats, or TCP (RFC
 * 7766), and from UDP to TCP when the answer is truncated. One absolute deadline holds for all of
 * it, however slowly bytes drip. Bytes that are not the answer are ignored and the waiting goes on:
 * a forged datagram cannot end an exchange.
 */
#ifndef DNSUPDATE_EXCHANGE_H
#define DNSUPDATE_EXCHANGE_H

#include "daemon/base/err.h"

#include <stdint.h>
#include <sys/socket.h>
#include <uv.h>

enum exchange_verdict {
	EXCHANGE_ODD,	    /* not the answer: wait on */
	EXCHANGE_TRUNCATED, /* ask the same by TCP */
	EXCHANGE_ANSWER,    /* this is it: the judge has kept what it needs */
	EXCHANGE_ENOUGH,    /* not the answer, but no better one can come: stop */
};

enum exchange_outcome {
	EXCHANGE_ANSWERED,
	EXCHANGE_UNSENT, /* certainly nothing reached the server: port closed, no route */
	EXCHANGE_SILENT, /* something was sent, no answer came */
};

struct exchange_options {
	uv_loop_t *loop;
	struct sockaddr_storage address;
	struct sockaddr_storage from; /* our own address; ss_family 0: the system's choice */
	const uint8_t *wire;	      /* copied */
	size_t len;
	bool tcp;
	int64_t timeout_ms;
	void *ctx;
	/* Looks at one message. It must not free the exchange. */
	enum exchange_verdict (*judge)(void *ctx, const uint8_t *wire, size_t len, bool tcp);
	/* Comes once, from the loop; the exchange is gone then. `why` is "" when it was answered,
	 * else a sentence without the server's name ("no answer in 5.0 s"). */
	void (*done)(void *ctx, enum exchange_outcome outcome, const char *why);
};

struct exchange;

/* Never calls back from inside. NULL with `err` when there is no memory. */
struct exchange *exchange_start(const struct exchange_options *options, struct err *err);

/* Ends it without `done`. NULL is allowed. Its handles close as the loop runs on. */
void exchange_free(struct exchange *exchange);

#endif
