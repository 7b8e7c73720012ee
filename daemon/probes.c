#include "daemon/probes.h"

#include "daemon/base/when.h"
#include "daemon/engine.h"
#include "daemon/record.h"
#include "daemon/sys/clock.h"

#include <stdlib.h>

#define AT_ONCE 2	 /* probes under way: others need the workers too */
#define TIMEOUT_MS 20000 /* postscreen greets after 6 s */
#define AGAIN 5		 /* seconds after a first failure */
#define FAILURES 2	 /* in a row, until an exchanger is said to fail */
#define FRESH_PROBES 3	 /* an answer older than so many intervals is none */

/* On a worker thread: touches only what the worker has. */
static void
probe_now(uv_work_t *work)
{
	struct probe *probe = work->data;
	struct smtp_wish wish = { .host = probe->host,
				  .address = probe->address,
				  .timeout_ms = TIMEOUT_MS,
				  .give_up = &probe->all->give_up };

	smtp_probe(&wish, &probe->result);
}

static void
was_probed(uv_work_t *work, int status)
{
	struct probe *probe = work->data;
	const struct smtp_result *result = &probe->result;
	int64_t every = probe->all->every;

	(void)status;
	probe->busy = false;
	probe->all->busy--;
	probe->asked = clock_now_us() / WHEN_SECOND_US;
	probe->asked_us = clock_steady_us();
	probe->starttls = result->starttls;
	span_copy(span_of(result->sentence), probe->sentence, sizeof(probe->sentence));
	probe->failures = result->verdict == SMTP_FAILS ? probe->failures + 1 : 0;
	if (result->verdict == SMTP_ANSWERS)
		probe->verdict = DECIDE_PROBE_ANSWERS;
	else if (result->verdict == SMTP_UNKNOWN)
		probe->verdict = DECIDE_PROBE_NONE;
	else if (probe->failures >= FAILURES)
		probe->verdict = DECIDE_PROBE_FAILS;
	else if (every > AGAIN)
		every = AGAIN;
	probe->next_us = probe->asked_us + every * WHEN_SECOND_US;
}

static struct probe *
find(const struct probes *probes, const char *host)
{
	for (unsigned i = 0; i < probes->count; i++)
		if (strcmp(probes->list[i]->host, host) == 0)
			return probes->list[i];
	return NULL;
}

static void
want(struct engine *engine, const char *host)
{
	struct probes *probes = &engine->probes;
	struct probe *probe = find(probes, host);

	if (!probe && probes->count < PROBES_MOST && (probe = calloc(1, sizeof(*probe)))) {
		span_copy(span_of(host), probe->host, sizeof(probe->host));
		probe->all = probes;
		probes->list[probes->count++] = probe;
	}
	if (!probe)
		return;
	probe->wanted = true;
	if (!probe->busy)
		span_copy(span_of(config_probe_at(engine->config, host)), probe->address,
			  sizeof(probe->address));
}

static void
want_all(struct engine *engine)
{
	struct probes *probes = &engine->probes;
	unsigned kept = 0;

	probes->every = engine->config->probe;
	for (unsigned i = 0; i < probes->count; i++)
		probes->list[i]->wanted = false;
	for (unsigned i = 0; probes->every && i < engine->domain_count; i++)
		for (unsigned j = 0; j < engine->domains[i]->normal.count; j++)
			want(engine, engine->domains[i]->normal.records[j].exchange);
	for (unsigned i = 0; i < probes->count; i++) {
		if (probes->list[i]->wanted || probes->list[i]->busy)
			probes->list[kept++] = probes->list[i];
		else
			free(probes->list[i]);
	}
	probes->count = kept;
}

/* People write the name without the final dot. */
static int
shown_length(const struct probe *probe)
{
	return (int)(strlen(probe->host) - span_ends(span_of(probe->host), SPAN(".")));
}

static void
tell(struct engine *engine, struct probe *probe)
{
	bool fails = probe->verdict == DECIDE_PROBE_FAILS;

	if (fails == probe->told || probe->verdict == DECIDE_PROBE_NONE)
		return;
	probe->told = fails;
	record(engine, JOURNAL_SOURCE, "", "", "exchanger %.*s: SMTP %s%s", shown_length(probe),
	       probe->host, fails ? "fails: " : "again: ", probe->sentence);
}

static bool
start(struct engine *engine, struct probe *probe)
{
	probe->work.data = probe;
	if (uv_queue_work(engine->loop, &probe->work, probe_now, was_probed) != 0)
		return false; /* tried again with the next tick */
	probe->busy = true;
	probe->all->busy++;
	return true;
}

/* The one that has been due for the longest time, so that silent ones do not take each turn. */
static struct probe *
next_due(const struct probes *probes, int64_t now_us)
{
	struct probe *first = NULL;

	for (unsigned i = 0; i < probes->count; i++) {
		struct probe *probe = probes->list[i];

		if (!probe->busy && probe->wanted && probe->next_us <= now_us &&
		    (!first || probe->next_us < first->next_us))
			first = probe;
	}
	return first;
}

void
probes_step(struct engine *engine)
{
	struct probes *probes = &engine->probes;
	int64_t now_us = clock_steady_us();
	struct probe *probe;

	want_all(engine);
	for (unsigned i = 0; i < probes->count; i++)
		tell(engine, probes->list[i]);
	while (probes->busy < AT_ONCE && (probe = next_due(probes, now_us)) && start(engine, probe))
		continue;
}

enum decide_probe
probes_verdict(const struct engine *engine, const struct mx_set *set,
	       const struct config_domain *config, bool dropped)
{
	const struct probes *probes = &engine->probes;
	int64_t oldest = clock_steady_us() - FRESH_PROBES * probes->every * WHEN_SECOND_US -
			 TIMEOUT_MS * INT64_C(1000);
	unsigned asked = 0, fail = 0;

	for (unsigned i = 0; i < set->count; i++) {
		const char *host = set->records[i].exchange;
		const struct probe *probe = find(probes, host);

		if (config_drops(config, host) != dropped)
			continue;
		asked++;
		if (!probe || probe->asked == 0 || probe->asked_us < oldest)
			continue;
		if (probe->verdict == DECIDE_PROBE_ANSWERS)
			return DECIDE_PROBE_ANSWERS;
		fail += probe->verdict == DECIDE_PROBE_FAILS;
	}
	return asked && fail == asked ? DECIDE_PROBE_FAILS : DECIDE_PROBE_NONE;
}

void
probes_stop(struct probes *probes)
{
	atomic_store(&probes->give_up, true);
}

void
probes_show(const struct probes *probes, struct snapshot *out)
{
	out->exchangers = 0;
	for (unsigned i = 0; i < probes->count; i++) {
		const struct probe *probe = probes->list[i];
		struct snapshot_exchanger *shown = &out->exchanger[out->exchangers];
		struct span name = { probe->host, (size_t)shown_length(probe) };

		if (!probe->wanted)
			continue;
		out->exchangers++;
		*shown = (struct snapshot_exchanger){ .asked = probe->asked,
						      .known = probe->verdict != DECIDE_PROBE_NONE,
						      .answers = probe->verdict ==
								 DECIDE_PROBE_ANSWERS,
						      .starttls = probe->starttls };
		span_copy(name, shown->name, sizeof(shown->name));
		span_copy(span_of(probe->sentence), shown->said, sizeof(shown->said));
	}
}
