#include "tests/lab/sim/people.h"

#include "tests/tools/scenario/draw.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define DAY 86400.0
#define GAP_LEAST 300.0
#define GAP_MOST (60 * DAY)

static void *
zeroed(size_t count, size_t size)
{
	void *memory = calloc(count ? count : 1, size);

	if (!memory) {
		fputs("sim: out of memory\n", stderr);
		exit(71);
	}
	return memory;
}

/* Most resolvers keep nothing for longer than a day: docs/experiment.md has the sources of these
 * caps; the shares are assumed. */
static float
draw_cap(double cap, uint64_t *seed)
{
	static const struct {
		double share;
		float cap;
	} caps[] = {
		{ 0.25, 604800 }, { 0.60, 86400 }, { 0.03, 43200 }, { 0.10, 21600 }, { 1, 3600 }
	};
	double which = draw(seed);
	int i = 0;

	if (cap > 0)
		return (float)cap;
	while (which >= caps[i].share && i < 4)
		which -= caps[i++].share;
	return caps[i].cap;
}

void
pile_put(struct pile *pile, struct message message)
{
	if (pile->last == pile->room) {
		pile->room = pile->room ? 2 * pile->room : 65536;
		pile->at = realloc(pile->at, pile->room * sizeof(*pile->at));
		if (!pile->at) {
			fputs("sim: out of memory\n", stderr);
			exit(71);
		}
	}
	pile->at[pile->last++] = message;
}

static int
compare(const void *a, const void *b)
{
	const struct message *left = a, *right = b;

	return (left->at > right->at) - (left->at < right->at);
}

void
pile_sort(struct message *messages, size_t count)
{
	if (count > 1)
		qsort(messages, count, sizeof(*messages), compare);
}

/* As it would be if it had always been so: somewhere in its cycle of a copy's life and the wait for
 * a mail. */
static void
begin_amid(struct copy *copy, double ttl, double gap, double now, uint64_t *seed)
{
	double life = fmin(ttl, copy->cap);

	copy->until = now + life - draw(seed) * (life + gap);
	copy->used = now;
}

void
people_make(struct people *people, const struct people_rules *rules, double from, double until,
	    uint64_t *seed)
{
	double sum = 0;

	people->organisations = zeroed(rules->organisations, sizeof(*people->organisations));
	people->shared = zeroed(rules->shared_resolvers, sizeof(*people->shared));
	people->hosts = zeroed(rules->hosts, sizeof(*people->hosts));
	people->weight = zeroed(rules->hosts, sizeof(*people->weight));
	for (unsigned i = 0; i < rules->shared_resolvers; i++) {
		people->shared[i].cap = draw_cap(rules->cap, seed);
		begin_amid(&people->shared[i], rules->ttl, 0, from, seed);
	}
	for (unsigned i = 0; i < rules->organisations; i++) {
		struct organisation *one = &people->organisations[i];

		one->gap = rules->gap * exp(rules->sigma * draw_normal(seed));
		one->gap = fmin(fmax(one->gap, GAP_LEAST), GAP_MOST);
		one->own.cap = draw_cap(rules->cap, seed);
		begin_amid(&one->own, rules->ttl, one->gap, from, seed);
		one->resolver = &one->own;
		if (draw(seed) < rules->shared)
			one->resolver =
				&people->shared[(unsigned)(draw(seed) * rules->shared_resolvers)];
		for (double at = from; (at -= one->gap * log(draw(seed))) < until;)
			pile_put(&people->mails, (struct message){ at, at, i, false });
	}
	pile_sort(people->mails.at, people->mails.last);
	for (unsigned i = 0; i < rules->hosts; i++) {
		people->weight[i] = sum += pow(i + 1, -rules->zipf);
		people->hosts[i].copy.cap = draw_cap(rules->host_cap, seed);
	}
}

uint32_t
people_draw_host(const struct people *people, unsigned hosts, uint64_t *seed)
{
	double which = draw(seed) * people->weight[hosts - 1];
	uint32_t low = 0, high = hosts - 1;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (people->weight[middle] < which)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void
people_free(struct people *people)
{
	free(people->organisations);
	free(people->shared);
	free(people->hosts);
	free(people->weight);
	free(people->mails.at);
}
