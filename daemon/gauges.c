#include "daemon/gauges.h"

#include "daemon/base/when.h"
#include "daemon/counters/poll_loadavg.h"
#include "daemon/counters/poll_spool.h"
#include "daemon/engine.h"
#include "daemon/record.h"
#include "daemon/store/store_samples.h"
#include "daemon/sys/clock.h"

#include <stdlib.h>

#define FRESH_READINGS 3	      /* a value older than so many readings is stale */
#define FRESH_PUSHED 300	      /* seconds, of what is pushed */
#define EARLY_US (WHEN_SECOND_US / 2) /* due now, or before the next tick is nearer */

static bool
login(struct gauge *gauge, struct err *err)
{
	const struct config_counter *config = &gauge->config;
	const char *oids[CONFIG_OIDS];
	struct poll_secret secret;
	struct poll_snmp_wish wish = { .address = config->snmp,
				       .secret = &secret,
				       .timeout_us = config->timeout * WHEN_SECOND_US,
				       .sets = config->sets,
				       .set_count = config->set_count,
				       .oids = oids,
				       .oid_count = config->oid_count };

	for (unsigned i = 0; i < config->oid_count; i++)
		oids[i] = config->oids[i];
	if (!poll_secret_read(config->secret_file, &secret, err))
		return false;
	gauge->snmp = poll_snmp_open(&wish, err);
	explicit_bzero(&secret, sizeof(secret));
	return gauge->snmp != NULL;
}

struct gauge *
gauges_open(struct gauges *gauges, const struct config_counter *config, struct err *err)
{
	struct gauge *gauge = calloc(1, sizeof(*gauge));
	struct span mta = span_of(config->mta);

	if (!gauge) {
		err_set(err, ERR_SYSTEM, "out of memory");
		return NULL;
	}
	gauge->config = *config;
	gauge->all = gauges;
	gauge->next_us = clock_steady_us();
	mta.len -= span_ends(mta, SPAN("."));
	span_copy(mta, gauge->mta, sizeof(gauge->mta));
	if (config->snmp[0] && !login(gauge, err)) {
		err_while(err, "counters %s", config->name);
		gauges_close(gauge);
		return NULL;
	}
	return gauge;
}

void
gauges_close(struct gauge *gauge)
{
	gauge->closed = true;
	if (gauge->busy)
		return;
	poll_snmp_free(gauge->snmp);
	free(gauge);
}

static bool
still_there(void *ctx, const struct board_series *series)
{
	const struct gauges *gauges = ctx;

	for (unsigned i = 0; i < gauges->count; i++)
		if (strcmp(gauges->list[i]->config.name, series->source) == 0 &&
		    strcmp(gauges->list[i]->mta, series->mta) == 0)
			return true;
	return false;
}

void
gauges_put(struct gauges *gauges, struct gauge *const *list, unsigned count)
{
	gauges->count = count;
	memcpy(gauges->list, list, count * sizeof(gauges->list[0]));
	board_keep(&gauges->board, still_there, gauges);
}

/* On a worker thread: touches only what the worker has. */
static void
read_now(uv_work_t *work)
{
	struct gauge *gauge = work->data;
	const struct config_counter *config = &gauge->config;

	gauge->result.count = 0;
	gauge->result.note[0] = '\0';
	gauge->err = (struct err){ 0 };
	if (gauge->snmp)
		gauge->ok = poll_snmp_ask(gauge->snmp, &gauge->result, &gauge->err);
	else if (config->spool[0])
		gauge->ok = poll_spool_count(config->spool,
					     clock_steady_us() + config->timeout * WHEN_SECOND_US,
					     &gauge->result, &gauge->err);
	else
		gauge->ok = poll_loadavg_read(NULL, &gauge->result, &gauge->err);
	gauge->read_us = clock_steady_us();
}

static struct board_origin
origin_of(const struct gauge *gauge)
{
	return (struct board_origin){ .mta = gauge->mta,
				      .source = gauge->config.name,
				      .most = gauge->config.most,
				      .fresh_for = gauge->config.push
							   ? FRESH_PUSHED
							   : FRESH_READINGS * gauge->config.every +
								     gauge->config.timeout };
}

static void
take(struct gauge *gauge, int64_t now)
{
	struct poll_result *result = &gauge->result;
	struct board_origin origin = origin_of(gauge);

	for (unsigned i = 0; i < result->count; i++) {
		struct poll_reading *reading = &result->list[i];

		reading->sample.time_us = gauge->read_us;
		if (!board_add(&gauge->all->board, &origin, span_of(reading->name),
			       &reading->sample, now))
			poll_note(result, "there is no room for %s, or another entry has it",
				  reading->name);
	}
}

static void
conclude(struct gauge *gauge, int64_t now)
{
	gauge->readings++;
	gauge->error[0] = '\0';
	if (gauge->ok) {
		take(gauge, now);
		gauge->last = now;
	} else {
		gauge->failures++;
		span_copy(span_of(gauge->err.text), gauge->error, sizeof(gauge->error));
	}
	span_copy(span_of(gauge->result.note), gauge->note, sizeof(gauge->note));
}

static void was_read(uv_work_t *work, int status);

static void
start(uv_loop_t *loop, struct gauge *gauge, int64_t now_us)
{
	gauge->work.data = gauge;
	if (uv_queue_work(loop, &gauge->work, read_now, was_read) != 0)
		return; /* tried again with the next tick */
	gauge->busy = true;
	gauge->next_us = now_us + gauge->config.every * WHEN_SECOND_US;
	if (gauge->snmp)
		gauge->all->asking = true;
}

/* The one that is due for the longest time is asked next, so that none is left behind. */
static void
start_snmp(uv_loop_t *loop, struct gauges *gauges)
{
	int64_t now_us = clock_steady_us();
	struct gauge *first = NULL;

	for (unsigned i = 0; i < gauges->count; i++) {
		struct gauge *gauge = gauges->list[i];

		if (gauge->snmp && gauge->next_us <= now_us + EARLY_US &&
		    (!first || gauge->next_us < first->next_us))
			first = gauge;
	}
	if (first && !gauges->asking)
		start(loop, first, now_us);
}

static void
was_read(uv_work_t *work, int status)
{
	struct gauge *gauge = work->data;
	struct gauges *gauges = gauge->all;
	uv_loop_t *loop = work->loop;

	(void)status;
	gauge->busy = false;
	if (gauge->snmp)
		gauges->asking = false;
	if (gauge->closed)
		gauges_close(gauge);
	else
		conclude(gauge, clock_now_us() / WHEN_SECOND_US);
	start_snmp(loop, gauges);
}

static void
tell(struct engine *engine, struct gauge *gauge)
{
	bool fails = gauge->error[0] != '\0';

	if (fails == gauge->told)
		return;
	gauge->told = fails;
	if (fails)
		record(engine, JOURNAL_SOURCE, "", "", "counters %s of %s cannot be read: %s",
		       gauge->config.name, gauge->mta, gauge->error);
	else
		record(engine, JOURNAL_SOURCE, "", "", "counters %s of %s are read again",
		       gauge->config.name, gauge->mta);
}

void
gauges_step(struct engine *engine)
{
	struct gauges *gauges = &engine->gauges;
	int64_t now_us = clock_steady_us();

	for (unsigned i = 0; i < gauges->count; i++) {
		struct gauge *gauge = gauges->list[i];

		tell(engine, gauge);
		if (!gauge->busy && !gauge->snmp && !gauge->config.push &&
		    gauge->next_us <= now_us + EARLY_US)
			start(engine->loop, gauge, now_us);
	}
	start_snmp(engine->loop, gauges);
	if (gauges->board.refused && !gauges->told_refused) {
		gauges->told_refused = gauges->board.refused;
		record(engine, JOURNAL_SOURCE, "", "",
		       "a counter was not kept: at most %d series, %d of one entry, each from one "
		       "entry only",
		       BOARD_SERIES, BOARD_A_SOURCE);
	}
}

bool
gauges_save(struct gauges *gauges, struct store *store, struct err *err)
{
	for (unsigned i = 0; i < gauges->board.count; i++) {
		const struct board_series *series = &gauges->board.series[i];

		if (series->dirty &&
		    !store_samples_put(store, series->mta, series->name, &series->minute, err))
			return err_while(err, "counter %s of %s", series->name, series->mta);
	}
	return true;
}

void
gauges_saved(struct gauges *gauges)
{
	for (unsigned i = 0; i < gauges->board.count; i++)
		gauges->board.series[i].dirty = false;
}

static struct gauge *
taker(struct gauges *gauges, const char *mta)
{
	for (unsigned i = 0; i < gauges->count; i++)
		if (gauges->list[i]->config.push && strcmp(gauges->list[i]->mta, mta) == 0)
			return gauges->list[i];
	return NULL;
}

bool
gauges_push(struct gauges *gauges, const struct push *list, unsigned count, struct push_answer *out,
	    struct err *err)
{
	int64_t now_us = clock_now_us();

	for (unsigned i = 0; i < count; i++)
		if (!taker(gauges, list[i].mta))
			return err_set(err, ERR_INPUT,
				       "no entry of counters with push: yes is for the exchanger "
				       "%s",
				       list[i].mta);
	for (unsigned i = 0; i < count; i++) {
		struct gauge *gauge = taker(gauges, list[i].mta);
		struct board_origin origin = origin_of(gauge);
		struct counter_sample sample = list[i].sample;
		const struct board_series *series;

		gauge->last = now_us / WHEN_SECOND_US;
		gauge->readings++;
		if (!sample.time_us)
			sample.time_us = now_us;
		series = board_add(&gauges->board, &origin, span_of(list[i].name), &sample,
				   now_us / WHEN_SECOND_US);
		out[i] = (struct push_answer){ .refused = !series };
		if (series)
			out[i].result = series->result;
		if (series && series->result == COUNTER_TAKEN)
			out[i].value = series->value;
	}
	return true;
}

static void
show_agent(const struct gauge *gauge, struct snapshot_agent *out)
{
	const struct config_counter *config = &gauge->config;
	struct text how = TEXT(out->how);

	*out = (struct snapshot_agent){ .last = gauge->last,
					.readings = gauge->readings,
					.failures = gauge->failures };
	span_copy(span_of(config->name), out->name, sizeof(out->name));
	span_copy(span_of(gauge->mta), out->mta, sizeof(out->mta));
	span_copy(span_of(gauge->error), out->error, sizeof(out->error));
	span_copy(span_of(gauge->note), out->note, sizeof(out->note));
	if (config->snmp[0])
		text_add(&how, "snmp %s", config->snmp);
	else if (config->spool[0])
		text_add(&how, "postfix-spool %.200s", config->spool);
	else
		text_add(&how, config->push ? "push" : "loadavg");
}

static void
show_series(const struct board_series *series, int64_t now, struct snapshot_counter *out)
{
	*out = (struct snapshot_counter){ .kind = series->counter.last.kind,
					  .known = series->known,
					  .stale = !board_fresh(series, now),
					  .value = series->value,
					  .time = series->time };
	span_copy(span_of(series->mta), out->mta, sizeof(out->mta));
	span_copy(span_of(series->name), out->name, sizeof(out->name));
	span_copy(span_of(series->source), out->agent, sizeof(out->agent));
	span_copy(span_of(counter_why(series->result)), out->why, sizeof(out->why));
}

void
gauges_show(const struct gauges *gauges, struct snapshot *out)
{
	out->agents = gauges->count;
	for (unsigned i = 0; i < gauges->count; i++)
		show_agent(gauges->list[i], &out->agent[i]);
	out->counters = gauges->board.count;
	for (unsigned i = 0; i < gauges->board.count; i++)
		show_series(&gauges->board.series[i], out->made_us / WHEN_SECOND_US,
			    &out->counter[i]);
	out->counters_refused = gauges->board.refused;
}
