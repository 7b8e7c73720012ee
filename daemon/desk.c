#include "daemon/desk.h"

#include "daemon/base/when.h"
#include "daemon/chart.h"
#include "daemon/engine.h"
#include "daemon/outbox_desk.h"
#include "daemon/record.h"
#include "daemon/wall.h"

static const struct snapshot *
snapshot(void *ctx)
{
	const struct engine *engine = ctx;

	return engine->snapshot;
}

static bool
events(void *ctx, int64_t after, unsigned limit, struct journal_entry *out, unsigned *count_out,
       struct err *err)
{
	struct engine *engine = ctx;

	return store_journal_page(engine->store, after, limit, out, count_out, err);
}

static bool
last_event(void *ctx, int64_t *id_out, struct err *err)
{
	struct engine *engine = ctx;

	return store_journal_last(engine->store, id_out, err);
}

static bool
series(void *ctx, const char *domain, struct series *series, struct err *err)
{
	return chart_read(ctx, domain, series, err);
}

static void
tell(struct engine *engine, const char *name, const struct override *order)
{
	char until[WHEN_TEXT];

	when_rfc3339(order->expires * WHEN_SECOND_US, until);
	if (order->order == ORDER_AUTO)
		record(engine, JOURNAL_OVERRIDE, name, "", "override removed by %s", order->by);
	else
		record(engine, JOURNAL_OVERRIDE, name, "", "override '%s' by %s until %s: %s",
		       order_name(order->order), order->by, until, order->reason);
}

/* It is told, in the log too, when it is stored. */
static bool
keep(struct engine *engine, const char *name, const struct override *order, struct err *err)
{
	bool ok;

	if (!store_begin(engine->store, err))
		return false;
	if (!store_state_put_override(engine->store, name, order, err)) {
		store_rollback(engine->store);
		return false;
	}
	record_hold(engine);
	tell(engine, name, order);
	ok = store_commit(engine->store, err);
	record_release(engine, ok);
	return ok;
}

static bool
override(void *ctx, const char *name, const struct override *order, struct err *err)
{
	struct engine *engine = ctx;
	struct domain *domain = engine_domain(engine, name);

	if (!domain)
		return err_set(err, ERR_INPUT, "no domain '%s' is configured", name);
	if (domain->config->mode == MODE_OBSERVE && order->order != ORDER_AUTO)
		return err_set(err, ERR_REFUSED,
			       "%s is in mode observe, where nothing is ever changed; set its mode "
			       "to manual "
			       "or auto in the configuration first",
			       name);
	wall_now(engine); /* a clock that was just set moves older orders, not this one */
	if (!keep(engine, name, order, err) &&
	    !(store_use_reserve(engine->store, true) && keep(engine, name, order, err)))
		return false;
	domain->override = *order;
	engine_kick(engine);
	return true;
}

static bool
push(void *ctx, const struct push *list, unsigned count, struct push_answer *out, struct err *err)
{
	struct engine *engine = ctx;

	return gauges_push(&engine->gauges, list, count, out, err);
}

static bool
hook(void *ctx, unsigned index, struct notice_hook *out, bool *found_out, struct err *err)
{
	return outbox_desk_show(ctx, index, out, found_out, err);
}

static bool
resend(void *ctx, const char *name, const char *by, unsigned *count_out, struct err *err)
{
	return outbox_desk_resend(ctx, name, by, count_out, err);
}

static bool
test(void *ctx, const char *name, const char *by, int64_t *item_out, struct err *err)
{
	return outbox_desk_test(ctx, name, by, item_out, err);
}

struct web_deps
desk_deps(struct engine *engine)
{
	return (struct web_deps){ .ctx = engine,
				  .snapshot = snapshot,
				  .events = events,
				  .last_event = last_event,
				  .series = series,
				  .override = override,
				  .push = push,
				  .hook = hook,
				  .resend = resend,
				  .test = test };
}
