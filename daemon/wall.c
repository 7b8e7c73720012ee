#include "daemon/wall.h"

#include "daemon/base/when.h"
#include "daemon/engine.h"
#include "daemon/record.h"
#include "daemon/sys/clock.h"
#include "daemon/sys/log.h"

#define TOLD 60	     /* seconds; a smaller step is not worth a line */
#define DOUBTED 3600 /* seconds; after such a step nothing is thrown away for a day */
#define DAY 86400

/* The store holds instants, too. Those of decide and detect follow with their next saving. */
static bool
move_store(struct engine *engine, int64_t seconds, struct err *err)
{
	bool ok = store_begin(engine->store, err);

	if (!ok)
		return false;
	ok = store_outbox_clock_set(engine->store, seconds, err);
	for (unsigned i = 0; ok && i < engine->domain_count; i++)
		ok = engine->domains[i]->override.order == ORDER_AUTO ||
		     store_state_put_override(engine->store, engine->domains[i]->display,
					      &engine->domains[i]->override, err);
	if (!ok)
		store_rollback(engine->store);
	return ok && store_commit(engine->store, err);
}

static void
tell(struct engine *engine, int64_t seconds)
{
	char by[WHEN_TEXT];

	if (seconds > -TOLD && seconds < TOLD)
		return;
	when_duration(seconds < 0 ? -seconds : seconds, by);
	record(engine, JOURNAL_START, "", "",
	       "the clock of this machine was set %s %s; what is under way goes on as it was", by,
	       seconds < 0 ? "back" : "forward");
}

static void
move(struct engine *engine, int64_t seconds, int64_t now)
{
	engine->started += seconds;
	engine->last_prune += seconds;
	if (seconds >= DOUBTED || seconds <= -DOUBTED)
		engine->last_prune = now + DAY;
	for (unsigned i = 0; i < engine->input_count; i++) {
		struct input *input = engine->inputs[i];

		input->opened += seconds;
		input->last_line += input->last_line ? seconds : 0;
		input->late_since += input->late_since ? seconds : 0;
		input->last_gap += input->last_gap ? seconds : 0;
	}
	company_clock_set(engine->company, seconds);
	board_clock_set(&engine->gauges.board, seconds);
	for (unsigned i = 0; i < engine->gauges.count; i++) {
		struct gauge *gauge = engine->gauges.list[i];

		gauge->last += gauge->last ? seconds : 0;
	}
	for (unsigned i = 0; i < engine->domain_count; i++)
		domain_clock_set(engine->domains[i], seconds);
	engine->unmoved += seconds;
	tell(engine, seconds);
}

int64_t
wall_now(struct engine *engine)
{
	int64_t wall_us = clock_now_us(), steady_us = clock_steady_us(),
		now = wall_us / WHEN_SECOND_US;
	int64_t seconds = step_take(&engine->step, wall_us, steady_us), apart;
	struct err err = { 0 };

	if (seconds != 0)
		move(engine, seconds, now);
	if (engine->unmoved && move_store(engine, engine->unmoved, &err))
		engine->unmoved = 0;
	else if (seconds != 0 && engine->unmoved)
		log_event(LOG_LEVEL_ERROR, "store", "", err.text);
	apart = step_believe(&engine->step, steady_us);
	for (unsigned i = 0; apart && i < engine->domain_count; i++)
		detect_clock_set(&engine->domains[i]->detect, apart);
	return now;
}
