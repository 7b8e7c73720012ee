/*
 * For genlog: the actors, the heap that says whose turn it is, the truth, and texts of mail.
 */
#ifndef TESTS_TOOLS_GENLOG_ACTORS_H
#define TESTS_TOOLS_GENLOG_ACTORS_H

#include "daemon/core/event.h"
#include "tests/tools/genlog_write.h"

#define ACTORS 8192
#define DOMAINS 48
#define ADDRESS 256
#define RECIPIENTS 3
#define INODES 65536

enum part { PART_MAIL, PART_BOUNCES, PART_NOISE, PART_SESSION, PART_MESSAGE };

enum play {
	PLAY_MAIL,
	PLAY_MAIL_HOSTILE,
	PLAY_MAIL_REFUSED,
	PLAY_MAIL_GREYLISTED,
	PLAY_INJECTION,
	PLAY_LOST,
	PLAY_BOUNCE,
	PLAY_REFUSED,
	PLAY_REFUSED_MANY,
	PLAY_GREYLISTED,
	PLAY_RELAY_DENIED,
	PLAY_PROBE,
	PLAY_LATE_DATA,
	PLAY_LATE_HEADER,
};

/* How often in a hundred, among sessions of mail and of bounces; whether RCPT is where it ends. */
static const struct row {
	int mail, bounce;
	bool refuses;
} plays[] = {
	[PLAY_MAIL] = { 87, 0, false },	      [PLAY_MAIL_HOSTILE] = { 1, 0, false },
	[PLAY_MAIL_REFUSED] = { 6, 0, true }, [PLAY_MAIL_GREYLISTED] = { 3, 0, true },
	[PLAY_INJECTION] = { 1, 0, true },    [PLAY_LOST] = { 2, 0, false },
	[PLAY_BOUNCE] = { 0, 20, false },     [PLAY_REFUSED] = { 0, 54, true },
	[PLAY_REFUSED_MANY] = { 0, 8, true }, [PLAY_GREYLISTED] = { 0, 5, true },
	[PLAY_RELAY_DENIED] = { 0, 2, true }, [PLAY_PROBE] = { 0, 8, false },
	[PLAY_LATE_DATA] = { 0, 2, false },   [PLAY_LATE_HEADER] = { 0, 1, false },
};

struct actor {
	int64_t at_us;
	enum part part;
	enum play play;
	int step, pid;
	int left; /* transactions, refusals, or delivery attempts that will be deferred */
	int done; /* of those */
	int domain, recipients;
	bool null_sender, fails;
	bool local;  /* a bounce that this MTA made */
	bool passed; /* came back from the content filter */
	int64_t queued_us;
	char id[QUEUE_ID], client[ADDRESS], from[ADDRESS], to[ADDRESS];
};

struct truth {
	char name[DOMAINS][ADDRESS];
	int count;
	int64_t kinds[DOMAINS][EVENT_KINDS];
};

static struct options {
	uint64_t size, lines;
	int64_t start, length; /* seconds */
	int mail, bounces;     /* sessions a minute */
	int64_t surge_from, surge_for;
	int surge_rate, domains, long_ids; /* percent */
	bool filter;
	const char *truth;
} options = { .start = 1795538184, .mail = 600, .bounces = 20, .long_ids = 50 };

static struct out out = { .fd = 1, .host = "mx1", .stamp_second = -1 };
static struct chance dice = { 1 };
static struct truth truth;
static struct actor actors[ACTORS];
static int heap[ACTORS], heap_size, spare[ACTORS], spares;
static uint64_t inode;
static bool ending;

/* The heap of actors, the next to go on first; ties by number, so that runs repeat. */

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

/* A new actor, or NULL when all are busy: then the session does not happen. */
static struct actor *
enter(enum part part, int64_t at_us)
{
	struct actor *actor;
	int number;

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

/* Truth and texts. */

static void
happened(int domain, enum event_kind kind)
{
	truth.kinds[domain][kind]++;
}

static int
domain_number(const char *name)
{
	int i = 0;

	while (i < truth.count && strcmp(truth.name[i], name) != 0)
		i++;
	if (i == truth.count)
		span_copy_lower(span_of(name), truth.name[truth.count++], ADDRESS);
	return i;
}

static int
some(int low, int high)
{
	return chance_between(&dice, low, high);
}

static void
some_client(char *client)
{
	int kind = some(0, 9), a = some(1, 220), b = some(1, 254), c = some(1, 30);

	if (kind < 6)
		snprintf(client, ADDRESS, "mail-%d.isp%d.example[198.%d.%d.%d]", a, c, 18 + c % 2,
			 a, b);
	else if (kind < 9)
		snprintf(client, ADDRESS, "unknown[203.0.%d.%d]", a, b);
	else
		snprintf(client, ADDRESS, "unknown[2001:db8:%x::%x]", a, b);
}

static void
some_sender(char *from)
{
	snprintf(from, ADDRESS, "user%d@peer%d.example", some(1, 9999), some(1, 20));
}

/* A recipient of ours; some are odd but valid (RFC 5321, section 4.1.2). */
static void
some_recipient(struct actor *actor, const char *head)
{
	const char *domain;

	actor->domain = chance_percent(&dice, 70) ? 1 : some(1, options.domains);
	domain = truth.name[actor->domain];
	if (chance_percent(&dice, 1))
		snprintf(actor->to, ADDRESS, "\"%s from=<> to=<v@x>; %d\"@%s", head, some(1, 999),
			 domain);
	else if (chance_percent(&dice, 2))
		snprintf(actor->to, ADDRESS, "%s+tag=%d'x@%s", head, some(1, 9999), domain);
	else
		snprintf(actor->to, ADDRESS, "%s%d@%s", head, some(1, 9999), domain);
}

static void
new_id(struct actor *actor)
{
	out_queue_id(actor->id, chance_percent(&dice, options.long_ids), actor->at_us,
		     0xa70000 + inode++ % INODES);
}

#define LINE(actor, daemon, pid, ...) out_line(&out, (actor)->at_us, (daemon), (pid), __VA_ARGS__)

#endif
