/*
 * From a tick's events to the detector's state: neither their order inside the tick nor the source
 * that brought them may change a bit of it. Counts go by the tally, evidence by witness and clues.
 */
#include "daemon/core/clues.h"
#include "daemon/core/detect.h"
#include "daemon/core/tally.h"
#include "daemon/core/witness.h"
#include "tests/tools/scenario/draw.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define START INT64_C(1767571200) /* a Monday */
#define TICKS 12960 /* of 10 s: a day and a half; the surge comes in the last two hours */
#define SURGE (TICKS - 720)
#define MOST 200 /* events of a tick */
#define SOURCES 2

static const struct span name = SPAN("example.test");

struct chain {
	unsigned sources;
	struct contacts contacts;
	struct tally *tally[SOURCES];
	struct witness *witness[SOURCES];
	struct clues clues;
	struct detect detect;
	struct finding finding;
	int64_t brought[SOURCES];
};

static void
chain_start(struct chain *chain, unsigned sources)
{
	static const uint64_t secret[2] = { 1, 2 };

	*chain = (struct chain){ .sources = sources };
	contacts_init(&chain->contacts, secret, START);
	for (unsigned i = 0; i < sources; i++) {
		chain->tally[i] = tally_new(0);
		chain->witness[i] = witness_new(1, &chain->contacts);
		cr_assert(witness_watch(chain->witness[i], name, true));
	}
	clues_init(&chain->clues);
	detect_init(&chain->detect, &detect_default_rules);
}

static void
chain_end(struct chain *chain)
{
	for (unsigned i = 0; i < chain->sources; i++) {
		tally_free(chain->tally[i]);
		witness_free(chain->witness[i]);
	}
}

/* `side`: which source brings an event. */
static void
chain_tick(struct chain *chain, const struct event *events, unsigned count, int64_t now,
	   uint64_t *side)
{
	struct detect_in in = { .time = now, .period = 10 };

	for (unsigned i = 0; i < count; i++) {
		unsigned source = chain->sources > 1 && draw(side) < 0.3;

		chain->brought[source] += events[i].count;
		tally_add(chain->tally[source], &events[i], (now - 10) * 1000000);
		witness_take(chain->witness[source], &events[i], START * 1000000);
	}
	for (unsigned i = 0; i < chain->sources; i++) {
		in.count += (double)tally_fresh(chain->tally[i], name);
		clues_take(&chain->clues, witness_said(chain->witness[i], name), now);
		tally_clear(chain->tally[i]);
		witness_clear(chain->witness[i]);
	}
	in.evidence = clues_tick(&chain->clues, now, true);
	detect_step(&chain->detect, &in, &chain->finding);
}

/* A bounce: of a hundred networks that come again, or in a surge mostly of strangers. */
static struct event
draw_event(uint64_t *seed, bool surge, int64_t now, char client[24])
{
	unsigned net = (unsigned)(draw(seed) * (surge ? 60000 : 100));

	snprintf(client, 24, "10.%u.%u.7", net / 256, net % 256);
	return (struct event){ .time_us = (now - (int64_t)(draw(seed) * 10)) * 1000000,
			       .kind = draw(seed) < 0.5 ? EVENT_BOUNCE_REFUSED
							: EVENT_BOUNCE_ACCEPTED,
			       .count = 1 + (draw(seed) < 0.1),
			       .domain = name,
			       .client = span_of(client),
			       .tagged = !surge && draw(seed) < 0.1,
			       .unknown_user = draw(seed) < (surge ? 0.7 : 0.05) };
}

static void
shuffle(struct event *events, unsigned count, uint64_t *seed)
{
	for (unsigned i = count; i > 1; i--) {
		unsigned other = (unsigned)(draw(seed) * i);
		struct event kept = events[i - 1];

		events[i - 1] = events[other];
		events[other] = kept;
	}
}

/* The same ticks, each told in its order and out of it, by `sources` in the second chain. */
static void
compare(uint64_t seed, unsigned sources)
{
	static struct chain one, other;
	uint64_t order = seed + 100, side = seed + 200;
	bool marked = false;

	chain_start(&one, 1);
	chain_start(&other, sources);
	for (int tick = 0; tick < TICKS; tick++) {
		static char clients[MOST][24];
		struct event events[MOST];
		bool surge = tick >= SURGE;
		unsigned count = (unsigned)draw_poisson(&seed, surge ? 15 : 0.5);
		int64_t now = START + 10 * (int64_t)(tick + 1);

		for (unsigned i = 0; i < count; i++)
			events[i] = draw_event(&seed, surge, now, clients[i]);
		chain_tick(&one, events, count, now, &side);
		shuffle(events, count, &order);
		chain_tick(&other, events, count, now, &side);
		cr_assert_eq(memcmp(&one.detect, &other.detect, sizeof(one.detect)), 0,
			     "seed %" PRIu64 ", tick %d", seed, tick);
		marked = marked || (one.finding.changed && one.finding.surge &&
				    one.finding.term[EVIDENCE_TERM_UNKNOWN] > 0 &&
				    one.finding.term[EVIDENCE_TERM_NEW] > 0);
	}
	cr_assert(one.finding.surge && marked, "there was a surge, and its marks were seen");
	cr_assert(sources == 1 || (other.brought[0] > 5000 && other.brought[1] > 2000),
		  "both sources have bounces");
	chain_end(&one);
	chain_end(&other);
}

Test(chain_property, order_inside_a_tick_does_not_matter)
{
	for (uint64_t seed = 1; seed <= 5; seed++)
		compare(seed, 1);
}

Test(chain_property, the_source_that_brings_a_bounce_does_not_matter)
{
	for (uint64_t seed = 1; seed <= 5; seed++)
		compare(seed, 2);
}
