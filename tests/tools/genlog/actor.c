#include "tests/tools/genlog/actor.h"

#include "tests/tools/genlog/options.h"

#define ACTORS 16384
#define INODES (1 << 20)

static struct actor actors[ACTORS];
static int heap[ACTORS], heap_size, spare[ACTORS], spares = -1;
static uint64_t inode;

/* The next to go on first; ties by number, so that runs repeat. */
static bool
before(int a, int b)
{
	return actors[a].at_us != actors[b].at_us ? actors[a].at_us < actors[b].at_us : a < b;
}

static void
swap(int i, int j)
{
	int kept = heap[i];

	heap[i] = heap[j];
	heap[j] = kept;
}

static void
rise(int i)
{
	for (; i > 0 && before(heap[i], heap[(i - 1) / 2]); i = (i - 1) / 2)
		swap(i, (i - 1) / 2);
}

static void
sink(void)
{
	for (int i = 0, least;; i = least) {
		least = i;
		for (int child = 2 * i + 1; child <= 2 * i + 2 && child < heap_size; child++)
			if (before(heap[child], heap[least]))
				least = child;
		if (least == i)
			return;
		swap(i, least);
	}
}

struct actor *
actor_enter(enum part part, int64_t at_us)
{
	struct actor *actor;
	int number;

	for (; spares < 0; spares = ACTORS)
		for (int i = 0; i < ACTORS; i++)
			spare[i] = ACTORS - 1 - i;
	if (spares == 0)
		return NULL;
	number = spare[--spares];
	actor = &actors[number];
	memset(actor, 0, sizeof(*actor));
	actor->part = part;
	actor->at_us = at_us;
	actor->pid = 2000 + number;
	heap[heap_size] = number;
	rise(heap_size++);
	return actor;
}

struct actor *
actor_follow(enum part part, int64_t at_us, const struct actor *from)
{
	struct actor *actor = actor_enter(part, at_us);

	if (!actor)
		return NULL;
	actor->host = from->host;
	actor->instance = from->instance;
	actor->domain = from->domain;
	actor->recipients = 1;
	actor->null_sender = from->null_sender;
	actor->hostile = from->hostile;
	actor->abroad = from->abroad;
	actor->queued_us = from->at_us;
	memcpy(actor->from, from->from, sizeof(actor->from));
	memcpy(actor->to, from->to, sizeof(actor->to));
	memcpy(actor->client, from->client, sizeof(actor->client));
	memcpy(actor->message_id, from->message_id, sizeof(actor->message_id));
	return actor;
}

struct actor *
actor_first(void)
{
	return heap_size ? &actors[heap[0]] : NULL;
}

/* Those who entered meanwhile went in behind it (never at its own instant): it is still the first.
 */
void
actor_wait(int64_t wait_us)
{
	int number = heap[0];

	if (wait_us < 0) {
		heap[0] = heap[--heap_size];
		spare[spares++] = number;
	} else {
		actors[number].at_us += wait_us;
	}
	sink();
}

void
actor_new_id(struct actor *actor)
{
	out_queue_id(actor->id, percent(options.long_ids), actor->at_us,
		     0xa70000 + inode++ % INODES);
}

void
actor_happened(const struct actor *actor, int domain, enum event_kind kind)
{
	truth_happened(actor->at_us, domain, kind, 1);
}
