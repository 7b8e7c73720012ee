/*
 * An exchanger: so many servers, each busy `service` seconds with a message, first come first
 * served. Bound by its queue it accepts all at once and delivers when their turn comes; bound by
 * its smtpd processes it makes the sender wait for a free one.
 */
#ifndef SIM_QUEUE_H
#define SIM_QUEUE_H

#define QUEUE_SERVERS 1024

struct queue {
	unsigned servers, next;
	double service;
	double free_at[QUEUE_SERVERS];
};

/* When a server is free for what comes at `now`. */
double queue_free(const struct queue *queue, double now);

/* Takes it. Returns when it is delivered. */
double queue_take(struct queue *queue, double now);

#endif
