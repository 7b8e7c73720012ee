#include "daemon/delays.h"

#include "daemon/base/when.h"
#include "daemon/engine.h"
#include "daemon/sys/clock.h"

#define EVERY 10     /* seconds */
#define FRESH_FOR 60 /* seconds */
#define MOST 1e9

static bool protected(const struct config *config, struct span domain)
{
	for (unsigned i = 0; i < config->domain_count; i++) {
		struct span name = span_of(config->domains[i].name);

		name.len -= name.len > 0; /* the final dot */
		if (span_equal(name, domain))
			return true;
	}
	return false;
}

void
delays_take(struct input *input, const struct event *event)
{
	double seconds;

	if (event->kind == EVENT_DELIVERED && event->time_us >= input->fresh_from && input->all &&
	    delay_read(event->fields, &seconds) && protected(input->all, event->domain))
		delay_add(&input->delay, event->time_us / (60 * WHEN_SECOND_US), seconds);
}

static void
put(struct engine *engine, const char *mta, const char *name, double seconds, int64_t now)
{
	struct board_origin origin = {
		.mta = mta, .source = "(log)", .most = MOST, .fresh_for = FRESH_FOR
	};
	struct counter_sample sample = { .kind = COUNTER_GAUGE,
					 .level = seconds,
					 .time_us = clock_steady_us() };

	board_add(&engine->gauges.board, &origin, span_of(name), &sample, now);
}

/* The sources of one exchanger, of which `first` is the first. */
static void
step(struct engine *engine, unsigned first, int64_t now)
{
	const char *name = engine->inputs[first]->config->mta;
	const struct delay *list[CONFIG_SOURCES];
	char mta[SNAPSHOT_NAME];
	unsigned count = 0;
	double median, most;

	for (unsigned i = first; i < engine->input_count; i++)
		if (strcmp(engine->inputs[i]->config->mta, name) == 0)
			list[count++] = &engine->inputs[i]->delay;
	if (!delay_quantile(list, count, now / 60, 0.5, &median) ||
	    !delay_quantile(list, count, now / 60, 0.9, &most))
		return;
	span_copy((struct span){ name, strlen(name) - 1 }, mta, sizeof(mta));
	put(engine, mta, "delay", median, now);
	put(engine, mta, "delay-p90", most, now);
}

static bool
is_first(const struct engine *engine, unsigned index)
{
	for (unsigned i = 0; i < index; i++)
		if (strcmp(engine->inputs[i]->config->mta, engine->inputs[index]->config->mta) == 0)
			return false;
	return true;
}

void
delays_step(struct engine *engine, int64_t now)
{
	int64_t passed = now - engine->delays_at;

	if (passed >= 0 && passed < EVERY)
		return;
	engine->delays_at = now;
	for (unsigned i = 0; i < engine->input_count; i++)
		if (is_first(engine, i))
			step(engine, i, now);
}
