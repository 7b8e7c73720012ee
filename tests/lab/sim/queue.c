#include "tests/lab/sim/queue.h"

#include <math.h>

double
queue_free(const struct queue *queue, double now)
{
	return fmax(now, queue->free_at[queue->next]);
}

/* All take equally long, so the servers become free in the order in which they were taken. */
double
queue_take(struct queue *queue, double now)
{
	double done = queue_free(queue, now) + queue->service;

	queue->free_at[queue->next] = done;
	queue->next = (queue->next + 1) % queue->servers;
	return done;
}
