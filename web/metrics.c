#include "web/metrics.h"

#include "daemon/base/when.h"
#include "web/problem.h"
#include "web/query.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static void
head(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP mxsplitd_%s %s\n# TYPE mxsplitd_%s %s\n", name, help, name, type);
}

static void
label(FILE *out, const char *name, const char *value)
{
	fprintf(out, "%s=\"", name);
	for (; *value; value++)
		if (*value == '\\' || *value == '"')
			fprintf(out, "\\%c", *value);
		else if ((unsigned char)*value >= ' ')
			fputc(*value, out);
	fputc('"', out);
}

/* One sample: a name, up to two labels (NULL: not there), a value. */
static void
sample(FILE *out, const char *name, const char *const labels[4], double value)
{
	fprintf(out, "mxsplitd_%s", name);
	for (unsigned i = 0; i < 4 && labels[i]; i += 2) {
		fputc(i ? ',' : '{', out);
		label(out, labels[i], labels[i + 1]);
	}
	fprintf(out, labels[0] ? "} %.15g\n" : " %.15g\n", value);
}

static void
daemon_metrics(FILE *out, const struct snapshot *s)
{
	const struct {
		const char *name, *type, *help;
		double value;
	} rows[] = {
		{ "start_time_seconds", "gauge", "When the daemon started.", (double)s->started },
		{ "snapshot_timestamp_seconds", "gauge", "When these numbers were taken.",
		  (double)s->made_us / WHEN_SECOND_US },
		{ "ticks_total", "counter", "Ticks since start.", (double)s->ticks },
		{ "tick_seconds", "gauge", "How long the last tick took.",
		  (double)s->tick_us / WHEN_SECOND_US },
		{ "reloads_total", "counter", "Configurations taken over.", (double)s->reloads },
		{ "database_bytes", "gauge", "Size of the database.", (double)s->database_bytes },
		{ "degraded", "gauge", "1: something is wrong with the daemon itself.",
		  s->degraded[0] ? 1 : 0 },
		{ "alert_queue_length", "gauge", "Hooks that wait to be told.",
		  (double)s->hooks_waiting },
		{ "alerts_failed", "gauge", "Hooks that failed.", (double)s->hooks_failed },
	};
	static const char *const none[4] = { NULL };
	const char *version[4] = { "version", s->version, NULL };

	head(out, "build_info", "gauge", "The version that runs.");
	sample(out, "build_info", version, 1);
	for (size_t i = 0; i < ROWS(rows); i++) {
		head(out, rows[i].name, rows[i].type, rows[i].help);
		sample(out, rows[i].name, none, rows[i].value);
	}
}

/* A value of one domain; NaN when it is not known: then there is no sample. */
static double
known(const struct snapshot_domain *domain, double value)
{
	return domain->finding.known ? value : NAN;
}

static double
domain_rate(const struct snapshot_domain *d)
{
	return known(d, d->finding.rate);
}

static double
domain_expected(const struct snapshot_domain *d)
{
	return known(d, d->finding.expected);
}

static double
domain_upper(const struct snapshot_domain *d)
{
	return known(d, d->finding.upper);
}

static double
domain_evidence(const struct snapshot_domain *d)
{
	return known(d, d->finding.evidence);
}

static double
domain_threshold(const struct snapshot_domain *d)
{
	return known(d, d->finding.threshold);
}

static double
domain_surge(const struct snapshot_domain *d)
{
	return known(d, d->finding.surge);
}

static double
domain_guarded(const struct snapshot_domain *d)
{
	return d->guard[0] ? 1 : 0;
}

static double
domain_override(const struct snapshot_domain *d)
{
	return d->override.order == ORDER_AUTO ? NAN : (double)d->override.expires;
}

static const struct {
	const char *name, *help;
	double (*value)(const struct snapshot_domain *);
} domain_rows[] = {
	{ "bounce_rate_per_minute", "Bounces that arrived in the last minute.", domain_rate },
	{ "bounce_expected_per_minute", "Bounces a minute that are normal at this hour.",
	  domain_expected },
	{ "bounce_upper_per_minute", "Upper edge of what is normal.", domain_upper },
	{ "evidence_nats", "Evidence for a surge.", domain_evidence },
	{ "threshold_nats", "Evidence from which a surge is said.", domain_threshold },
	{ "surge", "1: bounces surge.", domain_surge },
	{ "guarded", "1: a guard holds something back.", domain_guarded },
	{ "override_expires_timestamp_seconds", "When the override ends.", domain_override },
};

static void
domain_metrics(FILE *out, const struct snapshot *s)
{
	static const char *const states[] = { "normal", "splitting", "split", "restoring",
					      "waiting" };

	for (size_t row = 0; row < ROWS(domain_rows); row++) {
		head(out, domain_rows[row].name, "gauge", domain_rows[row].help);
		for (unsigned i = 0; i < s->domains && i < SNAPSHOT_DOMAINS; i++) {
			const char *labels[4] = { "domain", s->domain[i].name, NULL };
			double value = domain_rows[row].value(&s->domain[i]);

			if (isfinite(value))
				sample(out, domain_rows[row].name, labels, value);
		}
	}
	head(out, "domain_state", "gauge", "1 for the state that the domain is in.");
	for (unsigned i = 0; i < s->domains && i < SNAPSHOT_DOMAINS; i++)
		for (size_t state = 0; state < ROWS(states); state++) {
			const char *labels[4] = { "domain", s->domain[i].name, "state",
						  states[state] };

			sample(out, "domain_state", labels,
			       strcmp(s->domain[i].state, states[state]) == 0);
		}
	head(out, "messages_total", "counter", "Events counted since the database began.");
	for (unsigned i = 0; i < s->domains && i < SNAPSHOT_DOMAINS; i++)
		for (int kind = 0; kind < EVENT_KINDS; kind++) {
			const char *labels[4] = { "domain", s->domain[i].name, "kind",
						  event_name((enum event_kind)kind) };

			sample(out, "messages_total", labels, (double)s->domain[i].counts[kind]);
		}
	head(out, "dns_updates_total", "counter", "Updates of the zone, by their end.");
	for (unsigned i = 0; i < s->domains && i < SNAPSHOT_DOMAINS; i++)
		for (int end = DECIDE_PROVED; end < DECIDE_OUTCOMES; end++) {
			const char *labels[4] = { "domain", s->domain[i].name, "result",
						  decide_outcome_name((enum decide_outcome)end) };

			sample(out, "dns_updates_total", labels, (double)s->domain[i].updates[end]);
		}
}

static void
server_metrics(FILE *out, const struct snapshot *s)
{
	static const struct {
		const char *name, *help;
	} rows[] = {
		{ "dns_truth_match", "1: this server shows what is wanted." },
		{ "dns_serial", "Serial of the zone there." },
		{ "dns_answer_timestamp_seconds", "Its last good answer." },
	};

	for (unsigned row = 0; row < ROWS(rows); row++) {
		head(out, rows[row].name, "gauge", rows[row].help);
		for (unsigned i = 0; i < s->domains && i < SNAPSHOT_DOMAINS; i++)
			for (unsigned j = 0; j < s->domain[i].servers && j < SNAPSHOT_SERVERS;
			     j++) {
				const struct snapshot_server *server = &s->domain[i].server[j];
				const char *labels[4] = { "domain", s->domain[i].name, "server",
							  server->name };
				double value = row == 0	  ? mx_same_records(&server->shown,
									    &s->domain[i].wanted)
					       : row == 1 ? server->serial
							  : (double)server->asked;

				if (server->known)
					sample(out, rows[row].name, labels, value);
			}
	}
}

static void
source_metrics(FILE *out, const struct snapshot *s)
{
	static const char *const rows[][3] = {
		{ "log_lines_total", "counter", "Lines read." },
		{ "log_lines_other_total", "counter", "Lines understood as not of interest." },
		{ "log_lines_broken_total", "counter", "Lines that could not be read." },
		{ "log_gaps_total", "counter", "Times that lines were lost." },
		{ "log_bytes_behind", "gauge", "Bytes written and not yet read." },
		{ "log_seconds_behind", "gauge", "Age of the last line while bytes are behind." },
		{ "log_stale", "gauge", "1: no line for longer than there should be." },
		{ "log_last_line_timestamp_seconds", "gauge", "The last line that was read." },
		{ "log_open_ids", "gauge", "Queue ids that are still open." },
		{ "log_forgotten_ids_total", "counter", "Queue ids given up: too many open." },
		{ "log_uncounted_total", "counter", "Events not counted: no memory." },
	};

	for (unsigned row = 0; row < ROWS(rows); row++) {
		head(out, rows[row][0], rows[row][1], rows[row][2]);
		for (unsigned i = 0; i < s->sources && i < SNAPSHOT_SOURCES; i++) {
			const struct snapshot_source *source = &s->source[i];
			const double values[] = { (double)source->lines,
						  (double)source->other,
						  (double)source->broken,
						  (double)source->gaps,
						  (double)source->bytes_behind,
						  (double)source->seconds_behind,
						  source->stale,
						  (double)source->last_line,
						  (double)source->open_ids,
						  (double)source->forgotten,
						  (double)source->uncounted };
			const char *labels[4] = { "source", source->name, NULL };

			if (values[row] >= 0) /* known */
				sample(out, rows[row][0], labels, values[row]);
		}
	}
}

static void
counter_metrics(FILE *out, const struct snapshot *s)
{
	head(out, "agent_reading", "gauge",
	     "What agents say of the exchangers; rates are a second.");
	for (unsigned i = 0; i < s->counters && i < BOARD_SERIES; i++) {
		const struct snapshot_counter *counter = &s->counter[i];
		const char *labels[4] = { "mta", counter->mta, "name", counter->name };

		if (counter->known && !counter->stale)
			sample(out, "agent_reading", labels, counter->value);
	}
	head(out, "agent_up", "gauge", "1: the last reading succeeded.");
	for (unsigned i = 0; i < s->agents && i < SNAPSHOT_AGENTS; i++) {
		const char *labels[4] = { "agent", s->agent[i].name, "mta", s->agent[i].mta };

		sample(out, "agent_up", labels, s->agent[i].last && !s->agent[i].error[0]);
	}
}

static void
exchanger_metrics(FILE *out, const struct snapshot *s)
{
	head(out, "exchanger_up", "gauge", "1: it answers SMTP, 0: it fails.");
	for (unsigned i = 0; i < s->exchangers && i < SNAPSHOT_EXCHANGERS; i++) {
		const char *labels[4] = { "exchanger", s->exchanger[i].name, NULL };

		if (s->exchanger[i].known)
			sample(out, "exchanger_up", labels, s->exchanger[i].answers);
	}
}

/* Of one hook: what its rows and its attempts say. NaN: never, then there is no sample. */
struct hook_facts {
	char name[NOTICE_HOOK];
	double rows[5], results[NOTICE_RESULTS];
};

static struct hook_facts
facts_of(const struct notice_hook *hook)
{
	struct hook_facts facts = { .rows = { (double)hook->waiting, (double)hook->dead,
					      hook->failing, hook->told ? (double)hook->told : NAN,
					      hook->failed ? (double)hook->failed : NAN } };

	memcpy(facts.name, hook->name, sizeof(facts.name));
	for (int i = 0; i < NOTICE_RESULTS; i++)
		facts.results[i] = (double)hook->results[i];
	return facts;
}

/* All hooks, to be freed; without those that memory or the store does not give. */
static struct hook_facts *
read_hooks(const struct web_deps *deps, unsigned *count_out)
{
	struct notice_hook *hook = malloc(sizeof(*hook));
	struct hook_facts *list = NULL, *more;
	unsigned count = 0;
	struct err err = { 0 };
	bool found = false;

	while (hook && deps->hook(deps->ctx, count, hook, &found, &err) && found) {
		more = realloc(list, (count + 1) * sizeof(*list));
		if (!more)
			break;
		list = more;
		list[count++] = facts_of(hook);
	}
	free(hook);
	*count_out = count;
	return list;
}

static void
hook_metrics(FILE *out, const struct web_deps *deps)
{
	static const char *const rows[][2] = {
		{ "hook_queue_length", "Notices that wait for this hook." },
		{ "hook_dead_letters", "Notices that it could not be told." },
		{ "hook_failing", "1: the notice that is first in line has failed." },
		{ "hook_last_success_timestamp_seconds", "When it was told last." },
		{ "hook_last_failure_timestamp_seconds", "When it failed last." },
	};
	static const char *const ends[] = { [NOTICE_RESULT_TOLD] = "told",
					    [NOTICE_RESULT_LATER] = "later",
					    [NOTICE_RESULT_DEAD] = "dead" };
	unsigned count;
	struct hook_facts *list = read_hooks(deps, &count);

	for (size_t row = 0; row < ROWS(rows); row++) {
		head(out, rows[row][0], "gauge", rows[row][1]);
		for (unsigned i = 0; i < count; i++) {
			const char *labels[4] = { "hook", list[i].name, NULL };

			if (isfinite(list[i].rows[row]))
				sample(out, rows[row][0], labels, list[i].rows[row]);
		}
	}
	head(out, "hook_attempts_total", "counter", "Attempts to tell it, by their end.");
	for (unsigned i = 0; i < count; i++)
		for (size_t end = 0; end < ROWS(ends); end++) {
			const char *labels[4] = { "hook", list[i].name, "result", ends[end] };

			sample(out, "hook_attempts_total", labels, list[i].results[end]);
		}
	free(list);
}

bool
metrics_page(const struct routes_call *call, struct reply *reply)
{
	char *body = NULL;
	size_t length = 0;
	FILE *out;

	if (!query_read(call->request->query, NULL, 0, reply))
		return false;
	out = open_memstream(&body, &length);
	if (!out)
		return problem_set(reply, 503, "out of memory");
	daemon_metrics(out, call->snapshot);
	domain_metrics(out, call->snapshot);
	server_metrics(out, call->snapshot);
	source_metrics(out, call->snapshot);
	counter_metrics(out, call->snapshot);
	exchanger_metrics(out, call->snapshot);
	hook_metrics(out, &call->site->deps);
	if (fclose(out) != 0) {
		free(body);
		return problem_set(reply, 503, "out of memory");
	}
	reply->status = 200;
	reply->type = "text/plain; version=0.0.4; charset=utf-8";
	reply->body = body;
	reply->length = length;
	return true;
}
