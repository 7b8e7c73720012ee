#include "daemon/conf/config_check.h"

#include "daemon/base/when.h"
#include "daemon/conf/config_condition.h"
#include "daemon/conf/config_hook.h"
#include "daemon/conf/config_near.h"
#include "daemon/conf/config_net.h"
#include "daemon/core/plan.h"

struct check {
	const struct config_node *root;
	struct config *config;
	struct config_problems *problems;
};

/* The place of a setting of an entry, or of the entry where the setting was left out. */
static struct config_place
place(const struct check *check, const char *section, unsigned index, const char *name)
{
	const struct config_node *list = config_tree_value(check->root, section);
	const struct config_node *entry = config_tree_entry(list, index);
	const struct config_node *value = config_tree_value(entry, name);

	if (!entry)
		return check->root->place;
	return value ? value->place : entry->place;
}

/* A text that two entries of a section may not share; `step` bytes lie between them. */
static void
check_once(const struct check *check, const char *section, const char *name, const char *what,
	   const char *first, size_t step, unsigned count)
{
	for (unsigned i = 1; i < count; i++)
		for (unsigned j = 0; j < i; j++) {
			const char *text = first + i * step;
			char seen[CONFIG_PROBLEM_SHOWN];

			if (!*text || strcmp(text, first + j * step) != 0)
				continue;
			config_problem_add(check->problems, place(check, section, i, name),
					   "%s %s was already given at line %d", what,
					   config_problem_show(span_of(text), seen),
					   place(check, section, j, name).line);
			break;
		}
}

static void
check_server(const struct check *check, unsigned index)
{
	struct config_domain *domain = &check->config->domains[index];
	const struct config *config = check->config;
	struct config_near near = config_near_to(span_of(domain->server_name));
	char seen[CONFIG_PROBLEM_SHOWN], hint[CONFIG_NAME + 32] = "";
	struct text text = TEXT(hint);

	for (unsigned i = 0; i < config->server_count; i++) {
		if (strcmp(config->servers[i].name, domain->server_name) == 0) {
			domain->server = i;
			return;
		}
		config_near_try(&near, config->servers[i].name);
	}
	config_near_add(&near, &text);
	if (*domain->server_name)
		config_problem_add(check->problems, place(check, "domains", index, "server"),
				   "server is %s, wanted the name of one of the servers%s",
				   config_problem_show(span_of(domain->server_name), seen), hint);
	domain->server = CONFIG_SERVERS;
}

static void
check_zone(const struct check *check, unsigned index)
{
	const struct config_domain *domain = &check->config->domains[index];
	const struct config_server *server;

	if (domain->server >= CONFIG_SERVERS || !*domain->name)
		return;
	server = &check->config->servers[domain->server];
	if (*server->zone && !config_net_inside(domain->name, server->zone))
		config_problem_add(check->problems, place(check, "domains", index, "name"),
				   "domain \"%.200s\" is not in zone \"%.200s\" of server %s",
				   domain->name, server->zone, server->name);
}

static void
check_order(const struct check *check, unsigned index, const char *low_name, int64_t low,
	    const char *high_name, int64_t high)
{
	char low_text[WHEN_TEXT], high_text[WHEN_TEXT];

	if (low <= high)
		return;
	when_duration(low, low_text);
	when_duration(high, high_text);
	config_problem_add(check->problems, place(check, "domains", index, low_name),
			   "%s is %s, wanted at most %s, which is %s", low_name, low_text,
			   high_name, high_text);
}

/* A normal set that is written down must be one that a split can be made of. */
static void
check_normal(const struct check *check, unsigned index)
{
	const struct config_domain *domain = &check->config->domains[index];
	const char *drop[CONFIG_DROP];
	struct mx_set normal, split;
	struct err err = { 0 };

	for (unsigned i = 0; i < domain->drop_count; i++)
		drop[i] = domain->drop[i];
	if (*domain->normal && domain->drop_count &&
	    (!mx_parse(span_of(domain->normal), &normal, &err) ||
	     !plan_split(&normal, drop, domain->drop_count, 1, &split, &err)))
		config_problem_add(check->problems, place(check, "domains", index, "normal"),
				   "normal is no set to split: %s", err.text);
}

static void
check_domains(const struct check *check)
{
	for (unsigned i = 0; i < check->config->domain_count; i++) {
		struct config_domain *domain = &check->config->domains[i];
		struct config_condition_places places = {
			.when = place(check, "domains", i, "when"),
			.threshold = place(check, "domains", i, "threshold"),
			.leave = place(check, "domains", i, "threshold-leave"),
		};

		config_condition_check(check->config, domain, &places, check->problems);
		check_server(check, i);
		check_zone(check, i);
		check_normal(check, i);
		check_order(check, i, "min-split", domain->min_split, "max-split",
			    domain->max_split);
		check_order(check, i, "retry-first", domain->retry_first, "retry-max",
			    domain->retry_max);
	}
}

/* The value of a way in; "" when the setting does not choose it. */
static const char *
way_value(const struct config_source *source, enum config_way way)
{
	switch (way) {
	case CONFIG_WAY_FOLLOW:
		return source->path;
	case CONFIG_WAY_SYSLOG_UDP:
		return source->syslog_udp;
	case CONFIG_WAY_SYSLOG_TCP:
		return source->syslog_tcp;
	case CONFIG_WAY_SYSLOG_UNIX:
		return source->syslog_unix;
	case CONFIG_WAY_JOURNAL:
		return source->journal;
	case CONFIG_WAY_STDIN:
		return source->from_stdin ? "standard input" : "";
	case CONFIG_WAYS:
		break;
	}
	return "";
}

static const char *const way_names[CONFIG_WAYS] = { "follow",	   "syslog-udp", "syslog-tcp",
						    "syslog-unix", "journal",	 "stdin" };

/* One way in, and no more. */
static void
check_way(const struct check *check, unsigned index)
{
	struct config_source *source = &check->config->sources[index];
	const char *off = NULL, *chosen = NULL;

	for (int way = 0; way < CONFIG_WAYS; way++) {
		struct config_place at = place(check, "sources", index, way_names[way]);
		bool given = config_tree_value(
			config_tree_entry(config_tree_value(check->root, "sources"), index),
			way_names[way]);

		if (!*way_value(source, (enum config_way)way)) {
			off = given ? way_names[way] : off;
			continue;
		}
		if (chosen)
			config_problem_add(check->problems, at,
					   "%s stands beside %s, wanted one way in a source",
					   way_names[way], chosen);
		if (chosen)
			continue;
		source->way = (enum config_way)way;
		chosen = way_names[way];
	}
	if (!chosen && off && check->problems->count == 0)
		config_problem_add(check->problems, place(check, "sources", index, off),
				   "%s is not used, and there is no other way in", off);
#ifndef HAVE_JOURNAL
	if (*source->journal)
		config_problem_add(check->problems, place(check, "sources", index, "journal"),
				   "this build has no journal, wanted another way in");
#endif
}

/* Two sources that read the same would count everything twice. */
static void
check_sources(const struct check *check)
{
	struct config *config = check->config;

	for (unsigned i = 0; i < config->source_count; i++)
		check_way(check, i);
	for (unsigned i = 1; i < config->source_count; i++)
		for (unsigned j = 0; j < i; j++) {
			struct config_source *a = &config->sources[i], *b = &config->sources[j];
			const char *value = way_value(a, a->way);
			char seen[CONFIG_PROBLEM_SHOWN];

			if (a->way != b->way || !*value ||
			    strcmp(value, way_value(b, b->way)) != 0 ||
			    (a->way == CONFIG_WAY_JOURNAL &&
			     memcmp(a->match, b->match, sizeof(a->match)) != 0))
				continue;
			config_problem_add(check->problems,
					   place(check, "sources", i, way_names[a->way]),
					   "%s %s was already given at line %d",
					   a->way == CONFIG_WAY_FOLLOW ? "file" : way_names[a->way],
					   config_problem_show(span_of(value), seen),
					   place(check, "sources", j, way_names[b->way]).line);
			break;
		}
}

static bool
same_name(const char *one, const char *other)
{
	size_t length = strcspn(one, "=");

	return length == strcspn(other, "=") && memcmp(one, other, length) == 0;
}

/* Each way that counters come has settings of its own. */
static void
check_counters(const struct check *check)
{
	for (unsigned i = 0; i < check->config->counter_count; i++) {
		const struct config_counter *counter = &check->config->counters[i];
		unsigned ways = (*counter->snmp != '\0') + (*counter->spool != '\0') +
				counter->loadavg + counter->push;

		if (ways != 1)
			config_problem_add(check->problems, place(check, "counters", i, "name"),
					   "counters: %s, wanted exactly one of snmp, "
					   "postfix-spool, loadavg and push",
					   ways ? "more than one way" : "no way that they come");
		if (*counter->snmp && !*counter->secret_file)
			config_problem_add(check->problems, place(check, "counters", i, "snmp"),
					   "counters: secret-file is missing, wanted an absolute "
					   "path such as /etc/mxsplit/x");
		for (unsigned j = 1; j < counter->oid_count; j++)
			for (unsigned k = 0; k < j; k++)
				if (same_name(counter->oids[j], counter->oids[k]))
					config_problem_add(
						check->problems,
						place(check, "counters", i, "oids"),
						"oids has the name %.*s twice, wanted it once",
						(int)strcspn(counter->oids[j], "="),
						counter->oids[j]);
	}
}

static void
check_listen(const struct check *check)
{
	const struct config *config = check->config;
	const struct config_node *list = config_tree_value(check->root, "listen");
	bool tls = *config->tls_cert && *config->tls_key;

	for (unsigned i = 0; i < config->listen_count && !tls; i++) {
		const struct config_node *entry = config_tree_entry(list, i);

		if (config->listen[i].kind == CONFIG_LISTEN_TLS)
			config_problem_add(check->problems,
					   entry ? entry->place : check->root->place,
					   "listen has %s, wanted tls-cert and tls-key, too",
					   config->listen[i].text);
	}
}

static void
check_hooks(const struct check *check)
{
	for (unsigned i = 0; i < check->config->hook_count; i++) {
		struct config_hook_places places = {
			.entry = place(check, "hooks", i, "name"),
			.url = place(check, "hooks", i, "url"),
			.trap = place(check, "hooks", i, "trap"),
			.secret = place(check, "hooks", i, "secret-file"),
			.on = place(check, "hooks", i, "on"),
		};

		config_hook_check(&check->config->hooks[i], &places, check->problems);
	}
}

/* With one domain only, a bounce can be nobody else's. */
static void
set_default_domains(struct config *config)
{
	struct span name = span_of(config->domains[0].name);

	if (config->domain_count != 1 || name.len == 0)
		return;
	name.len--;
	for (unsigned i = 0; i < config->source_count; i++)
		if (!*config->sources[i].default_domain)
			span_copy(name, config->sources[i].default_domain, CONFIG_NAME);
}

void
config_check(const struct config_node *root, struct config *config,
	     struct config_problems *problems)
{
	struct check check = { root, config, problems };

	check_once(&check, "servers", "name", "server", config->servers[0].name,
		   sizeof(config->servers[0]), config->server_count);
	check_once(&check, "domains", "name", "domain", config->domains[0].name,
		   sizeof(config->domains[0]), config->domain_count);
	check_once(&check, "sources", "name", "source", config->sources[0].name,
		   sizeof(config->sources[0]), config->source_count);
	check_once(&check, "counters", "name", "entry", config->counters[0].name,
		   sizeof(config->counters[0]), config->counter_count);
	check_once(&check, "hooks", "name", "hook", config->hooks[0].name, sizeof(config->hooks[0]),
		   config->hook_count);
	check_domains(&check);
	check_sources(&check);
	check_counters(&check);
	check_hooks(&check);
	check_listen(&check);
	set_default_domains(config);
}
