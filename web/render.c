#include "web/render.h"

#include "daemon/base/text.h"
#include "daemon/base/when.h"
#include "daemon/core/clues.h"
#include "web/site.h"

#include <math.h>
#include <stdlib.h>

#define RENDER_SCRUBBED 3072
#define RENDER_DIGITS 12

json_t *
render_text(const char *text)
{
	char scrubbed[RENDER_SCRUBBED];
	struct text clean = TEXT(scrubbed);
	json_t *string = json_string(text);

	if (string)
		return string;
	text_add_scrubbed(&clean, span_of(text));
	return json_string(scrubbed);
}

static json_t *
text_or_null(const char *text)
{
	return text[0] ? render_text(text) : json_null();
}

static json_t *
time_or_null(int64_t seconds)
{
	char text[WHEN_TEXT];

	if (seconds <= 0 || seconds > INT64_MAX / WHEN_SECOND_US)
		return json_null();
	when_rfc3339(seconds * WHEN_SECOND_US, text);
	return json_string(text);
}

static json_t *
number(bool known, double value)
{
	return known && isfinite(value) ? json_real(value) : json_null();
}

static json_t *
count(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

static json_t *
mx(bool known, const struct mx_set *set)
{
	json_t *records;

	if (!known)
		return json_null();
	records = json_array();
	for (unsigned i = 0; i < set->count && i < MX_RECORDS; i++)
		json_array_append_new(records,
				      json_pack("{s:i, s:o}", "preference",
						(int)set->records[i].preference, "exchange",
						render_text(set->records[i].exchange)));
	return json_pack("{s:I, s:o}", "ttl", (json_int_t)set->ttl, "records", records);
}

static bool
mx_known(const struct mx_set *set)
{
	return set->count > 0 || set->ttl > 0;
}

static bool
in_force(const struct override *order, int64_t now)
{
	return order->order != ORDER_AUTO && order->expires > now;
}

json_t *
render_override(const struct override *order, int64_t now)
{
	if (!in_force(order, now))
		return json_pack("{s:s, s:n, s:n, s:n, s:n}", "mode", order_name(ORDER_AUTO),
				 "since", "expires", "by", "reason");
	return json_pack("{s:s, s:o, s:o, s:o, s:o}", "mode", order_name(order->order), "since",
			 time_or_null(order->since), "expires", time_or_null(order->expires), "by",
			 text_or_null(order->by), "reason", text_or_null(order->reason));
}

static json_t *
measured(const struct finding *finding)
{
	bool known = finding->known;

	return json_pack(
		"{s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "known", known,
		"surge", known ? json_boolean(finding->surge) : json_null(), "surge_since",
		time_or_null(finding->since), "rate_per_minute", number(known, finding->rate),
		"slow_rate_per_minute", number(known, finding->slow_rate), "expected_per_minute",
		number(known, finding->expected), "upper_per_minute", number(known, finding->upper),
		"evidence", number(known, finding->evidence), "threshold",
		number(known, finding->threshold), "excess", number(known, finding->excess),
		"lasting", number(known && finding->lasting > 0, finding->lasting), "needed_excess",
		number(known, finding->needed_excess));
}

static json_t *
servers(const struct snapshot_domain *domain)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < domain->servers && i < SNAPSHOT_SERVERS; i++) {
		const struct snapshot_server *server = &domain->server[i];

		json_array_append_new(list,
				      json_pack("{s:o, s:b, s:b, s:o, s:o, s:o, s:o, s:o}", "name",
						render_text(server->name), "primary",
						server->primary, "known", server->known, "shown",
						mx(server->known, &server->shown), "serial",
						server->known ? count(server->serial) : json_null(),
						"asked", time_or_null(server->asked), "since",
						time_or_null(server->since), "error",
						text_or_null(server->error)));
	}
	return list;
}

static json_t *
mtas(const struct snapshot_domain *domain)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < domain->mtas && i < SNAPSHOT_SERVERS; i++) {
		const struct snapshot_mta *mta = &domain->mta[i];

		json_array_append_new(list, json_pack("{s:o, s:b, s:o, s:o}", "name",
						      render_text(mta->name), "drops", mta->drops,
						      "bounces", count(mta->bounces), "mail",
						      count(mta->mail)));
	}
	return list;
}

/* Shares of the last ten minutes: what a split is meant to move, and what it must leave alone. */
static json_t *
effect(const struct snapshot_domain *domain)
{
	double bounces = 0, kept = 0, mail = 0, dropped = 0;

	for (unsigned i = 0; i < domain->mtas && i < SNAPSHOT_SERVERS; i++) {
		const struct snapshot_mta *mta = &domain->mta[i];

		bounces += (double)mta->bounces;
		mail += (double)mta->mail;
		kept += mta->drops ? 0 : (double)mta->bounces;
		dropped += mta->drops ? (double)mta->mail : 0;
	}
	return json_pack("{s:o, s:o, s:s, s:o}", "bounces_at_kept",
			 number(bounces > 0, kept / bounces), "mail_at_dropped",
			 number(mail > 0, dropped / mail), "verdict", effect_name(domain->verdict),
			 "text", text_or_null(domain->effect));
}

/* The fixed rule, or null when the domain has none. */
static json_t *
threshold(const struct threshold_finding *finding)
{
	if (!finding->rule.count)
		return json_null();
	return json_pack("{s:b, s:b, s:I, s:I, s:I, s:I, s:o}", "known", finding->known, "reached",
			 finding->reached, "bounces", (json_int_t)finding->count, "count",
			 (json_int_t)finding->rule.count, "window_seconds",
			 (json_int_t)finding->rule.window, "leave", (json_int_t)finding->rule.leave,
			 "since", time_or_null(finding->since));
}

/* null: the logs do not tell it. */
static json_t *
evidence(const struct evidence *said)
{
	json_t *object = json_object();

	for (int i = 0; i < CLUES_NUMBERS; i++) {
		enum clues_number at = (enum clues_number)i;
		bool told = said->known & 1U << clues_part(at);

		json_object_set_new(object, clues_name(at),
				    told ? json_integer((json_int_t)clues_value(said, at))
					 : json_null());
	}
	return object;
}

static json_t *
counts(const int64_t *of)
{
	json_t *object = json_object();

	for (int kind = 0; kind < EVENT_KINDS; kind++)
		json_object_set_new(object, event_name((enum event_kind)kind),
				    json_integer(of[kind]));
	return object;
}

static json_t *
survival(const struct survival *survival)
{
	bool known = survival->ttl && survival->regulars;
	json_t *curve = json_array();

	for (int i = 0; i < SURVIVAL_HOURS; i++)
		json_array_append_new(
			curve,
			json_pack("{s:f, s:o, s:o, s:o}", "hours", survival_hours[i], "uncapped",
				  number(known, survival->share[SURVIVAL_UNCAPPED][i]), "cap_7d",
				  number(known, survival->share[SURVIVAL_7D][i]), "cap_1d",
				  number(known, survival->share[SURVIVAL_1D][i])));
	return json_pack("{s:i, s:b, s:o, s:o, s:o}", "regulars", (int)survival->regulars, "enough",
			 survival->regulars >= SURVIVAL_FEW, "ttl",
			 survival->ttl ? count(survival->ttl) : json_null(), "mean_gap_seconds",
			 number(survival->regulars > 0, survival->gap), "curve", curve);
}

json_t *
render_domain(const struct snapshot_domain *domain, const struct override *order, int64_t now)
{
	json_t *override = in_force(order, now) ? render_override(order, now) : json_null();

	return json_pack(
		"{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
		"s:o, s:o, s:o, s:o, s:o, s:o}",
		"name", render_text(domain->name), "mode", order_mode_name(domain->mode), "state",
		text_or_null(domain->state), "since", time_or_null(domain->state_since), "why",
		text_or_null(domain->why), "guard", text_or_null(domain->guard), "override",
		override, "measured", measured(&domain->finding), "wanted",
		mx(mx_known(&domain->wanted), &domain->wanted), "sent",
		mx(domain->sent_open, &domain->sent), "shown",
		mx(mx_known(&domain->shown), &domain->shown), "normal",
		mx(mx_known(&domain->normal), &domain->normal), "split",
		mx(mx_known(&domain->split), &domain->split), "servers", servers(domain), "mtas",
		mtas(domain), "effect", effect(domain), "survival", survival(&domain->survival),
		"evidence", evidence(&domain->evidence), "counts", counts(domain->counts), "when",
		render_text(domain->when), "threshold", threshold(&domain->threshold));
}

static json_t *
source(const struct snapshot_source *source)
{
	return json_pack(
		"{s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
		"s:o, s:o, s:o, s:o}",
		"name", render_text(source->name), "mta", text_or_null(source->mta), "path",
		text_or_null(source->path), "format", text_or_null(source->format), "stale",
		source->stale, "last_line", time_or_null(source->last_line), "log_time",
		time_or_null(source->log_time), "lines", count(source->lines), "other",
		count(source->other), "broken", count(source->broken), "gaps", count(source->gaps),
		"bytes_behind", count(source->bytes_behind), "seconds_behind",
		source->seconds_behind < 0 ? json_null() : json_integer(source->seconds_behind),
		"open_ids", count(source->open_ids), "forgotten", count(source->forgotten),
		"uncounted", count(source->uncounted), "last_gap", time_or_null(source->last_gap),
		"error", text_or_null(source->error), "note", text_or_null(source->note));
}

static json_t *
agent(const struct snapshot_agent *agent)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name",
			 render_text(agent->name), "mta", render_text(agent->mta), "how",
			 render_text(agent->how), "last", time_or_null(agent->last), "readings",
			 count(agent->readings), "failures", count(agent->failures), "error",
			 text_or_null(agent->error), "note", text_or_null(agent->note));
}

static json_t *
counter(const struct snapshot_counter *counter)
{
	return json_pack("{s:o, s:o, s:o, s:s, s:o, s:o, s:b, s:o}", "mta",
			 render_text(counter->mta), "name", render_text(counter->name), "agent",
			 render_text(counter->agent), "type", counter_kind_name(counter->kind),
			 "value", number(counter->known, counter->value), "time",
			 time_or_null(counter->time), "stale", counter->stale, "why",
			 text_or_null(counter->why));
}

static json_t *
exchanger(const struct snapshot_exchanger *exchanger)
{
	return json_pack("{s:o, s:o, s:b, s:o, s:o}", "name", render_text(exchanger->name),
			 "answers",
			 exchanger->known ? json_boolean(exchanger->answers) : json_null(),
			 "starttls", exchanger->starttls, "asked", time_or_null(exchanger->asked),
			 "said", text_or_null(exchanger->said));
}

/* What exchangers answer, where counters come from, and the counters. */
static void
add_counters(json_t *status, const struct snapshot *snapshot)
{
	json_t *agents = json_array(), *counters = json_array(), *exchangers = json_array();

	for (unsigned i = 0; i < snapshot->exchangers && i < SNAPSHOT_EXCHANGERS; i++)
		json_array_append_new(exchangers, exchanger(&snapshot->exchanger[i]));

	for (unsigned i = 0; i < snapshot->agents && i < SNAPSHOT_AGENTS; i++)
		json_array_append_new(agents, agent(&snapshot->agent[i]));
	for (unsigned i = 0; i < snapshot->counters && i < BOARD_SERIES; i++)
		json_array_append_new(counters, counter(&snapshot->counter[i]));
	json_object_set_new(status, "exchangers", exchangers);
	json_object_set_new(status, "agents", agents);
	json_object_set_new(status, "counters", counters);
	json_object_set_new(status, "counters_refused", count(snapshot->counters_refused));
}

json_t *
render_status(const struct snapshot *snapshot, const struct override *orders, int64_t now)
{
	json_t *sources = json_array(), *domains = json_array(), *status;

	for (unsigned i = 0; i < snapshot->sources && i < SNAPSHOT_SOURCES; i++)
		json_array_append_new(sources, source(&snapshot->source[i]));
	for (unsigned i = 0; i < snapshot->domains && i < SNAPSHOT_DOMAINS; i++)
		json_array_append_new(domains,
				      render_domain(&snapshot->domain[i], &orders[i], now));
	status = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:{s:o, s:o}, s:o, s:o}", "version",
			   render_text(snapshot->version), "made",
			   time_or_null(snapshot->made_us / WHEN_SECOND_US), "started",
			   time_or_null(snapshot->started), "ticks", count(snapshot->ticks),
			   "reloads", count(snapshot->reloads), "database_bytes",
			   json_integer(snapshot->database_bytes), "degraded",
			   text_or_null(snapshot->degraded), "hooks", "waiting",
			   count(snapshot->hooks_waiting), "failed", count(snapshot->hooks_failed),
			   "sources", sources, "domains", domains);
	if (status)
		add_counters(status, snapshot);
	return status;
}

json_t *
render_site(const struct site *site, const struct snapshot *snapshot, int64_t now)
{
	struct override *orders = calloc(SNAPSHOT_DOMAINS, sizeof(*orders));
	json_t *document;

	if (!orders)
		return NULL;
	for (unsigned i = 0; i < snapshot->domains && i < SNAPSHOT_DOMAINS; i++)
		orders[i] = *site_order(site, snapshot, &snapshot->domain[i]);
	document = render_status(snapshot, orders, now);
	free(orders);
	return document;
}

json_t *
render_event(const struct journal_entry *entry)
{
	char time[WHEN_TEXT];
	json_t *numbers = entry->numbers[0] ? json_loads(entry->numbers, 0, NULL) : NULL;

	when_rfc3339(entry->time_us, time);
	return json_pack("{s:I, s:s, s:s, s:o, s:o, s:o}", "id", (json_int_t)entry->id, "time",
			 time, "kind", journal_name(entry->kind), "domain",
			 text_or_null(entry->domain), "text", render_text(entry->text), "numbers",
			 numbers ? numbers : json_null());
}

void
render_reply(struct reply *reply, unsigned status, const char *type, json_t *document)
{
	reply->status = status;
	reply->type = type;
	free(reply->body);
	reply->body =
		document ? json_dumps(document, JSON_COMPACT | JSON_REAL_PRECISION(RENDER_DIGITS))
			 : NULL;
	json_decref(document);
	reply->length = reply->body ? strlen(reply->body) : 0;
	if (!reply->body)
		reply->status = 500;
}
