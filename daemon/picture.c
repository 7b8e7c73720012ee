#include "daemon/picture.h"

#include "daemon/base/when.h"
#include "daemon/engine.h"
#include "daemon/sys/clock.h"

void
picture_take(struct engine *engine)
{
	struct snapshot *snapshot = engine->snapshot;

	snapshot->made_us = clock_now_us();
	snapshot->started = engine->started;
	span_copy(SPAN(MXSPLIT_VERSION), snapshot->version, sizeof(snapshot->version));
	snapshot->ticks = engine->ticks;
	snapshot->reloads = engine->reloads;
	snapshot->database_bytes = store_bytes(engine->store);
	span_copy(span_of(engine->degraded), snapshot->degraded, sizeof(snapshot->degraded));
	snapshot->hooks_waiting = engine->outbox.waiting;
	snapshot->hooks_failed = engine->outbox.failed;
	snapshot->sources = engine->input_count;
	snapshot->domains = engine->domain_count;
	for (unsigned i = 0; i < engine->input_count; i++)
		input_show(engine->inputs[i], snapshot->made_us / WHEN_SECOND_US,
			   engine->config->silent_after, &snapshot->source[i]);
	for (unsigned i = 0; i < engine->domain_count; i++)
		domain_show(engine->domains[i], &snapshot->domain[i]);
	gauges_show(&engine->gauges, snapshot);
	probes_show(&engine->probes, snapshot);
}
