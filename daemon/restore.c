#include "daemon/restore.h"

#include "daemon/base/text.h"
#include "daemon/base/when.h"
#include "daemon/core/plan.h"
#include "daemon/ctl/client.h"
#include "daemon/hand.h"
#include "daemon/store/store.h"

#include <getopt.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define CONFIG_FILE "/etc/mxsplit/mxsplitd.yaml"
#define USAGE                                                                                      \
	"usage: mxsplitctl restore DOMAIN|--all --offline [-c FILE] [OPTION...]\n"                 \
	"Brings the normal MX set back when no mxsplitd runs: the set that it saved\n"             \
	"before the split, in place of the split set and of nothing else. (While it runs:\n"       \
	"mxsplitctl normal.) An order to split that is still in force ends with it.\n"             \
	"  --all            every domain of the configuration\n"                                   \
	"  -c, --config F   the configuration (" CONFIG_FILE ")\n"                                 \
	"  --from-config    the set that the domain's `normal` gives; for a lost database\n"       \
	"  --if-dead        only when the database was not written for the domain's\n"             \
	"                   max-split (one that runs, writes nothing and does not answer\n"        \
	"                   is dead, too)\n"                                                       \
	"  --json           an object a domain: its exit code and what is said here\n"             \
	"Exit: 0 the zone shows the normal set, 65 it shows a set that is neither, 66\n"           \
	"nothing is known, 69 an mxsplitd runs, 75 try again, 77 the name server refused,\n"       \
	"78 the configuration is wrong.\n"

struct wish {
	const char *config, *domain;
	bool all, offline, from_config, if_dead, json;
	json_t *said; /* with `json`: the sentences of the domain at hand */
};

/* To `out`, or with --json into the domain's object. */
static void __attribute__((format(printf, 4, 5)))
say(const struct wish *wish, const struct hand *hand, FILE *out, const char *format, ...)
{
	char clean[TEXT_SENTENCE];
	struct text text = TEXT(clean);
	va_list list;

	va_start(list, format);
	text_add_sentence(&text, format, list);
	va_end(list);
	if (wish->json)
		json_array_append_new(wish->said, json_string(clean));
	else
		fprintf(out, "%s: %s\n", hand->display, clean);
}

/* A set that the daemon saved; count 0 when there is none. */
static bool
saved_set(struct store *store, const struct hand *hand, const char *name, struct mx_set *out,
	  struct err *err)
{
	char text[8192];
	size_t length = 0;

	*out = (struct mx_set){ 0 };
	return store_state_get(store, hand->display, name, text, sizeof(text), &length, err) &&
	       (length == 0 || mx_parse((struct span){ text, length }, out, err));
}

static bool
saved_sets(const struct hand *hand, struct mx_set *normal, struct mx_set *split, struct err *err)
{
	struct store *store = NULL;
	struct err why = { 0 };
	bool ok = store_open(hand->config->database, STORE_READ, &store, NULL, err) &&
		  saved_set(store, hand, "normal-set", normal, err);

	if (ok && !saved_set(store, hand, "split-set", split, &why))
		split->count = 0; /* it can be planned */
	store_close(store);
	if (ok && normal->count == 0)
		return err_set(err, ERR_INPUT, "no normal set was ever saved");
	return ok;
}

/*
 * The set to bring back, and the split set that it may replace: the one that was made of it, which
 * the settings of today need not make.
 */
static bool
plan(const struct hand *hand, bool from_config, struct mx_set *normal, struct mx_set *split,
     struct err *err)
{
	const struct config_domain *domain = hand->domain;
	const char *drop[CONFIG_DROP];

	for (unsigned i = 0; i < domain->drop_count; i++)
		drop[i] = domain->drop[i];
	*split = (struct mx_set){ 0 };
	if (from_config && !*domain->normal)
		return err_set(err, ERR_INPUT, "the configuration has no `normal:` for it");
	if (from_config ? !mx_parse(span_of(domain->normal), normal, err)
			: !saved_sets(hand, normal, split, err))
		return false;
	if (split->count)
		return true;
	return plan_split(normal, drop, domain->drop_count, (uint32_t)domain->split_ttl, split,
			  err);
}

static int
replace(const struct wish *wish, struct hand *hand, const struct mx_set *from,
	const struct mx_set *normal)
{
	enum zone_result result;
	char set[4096];
	struct text text = TEXT(set);

	mx_say(normal, &text);
	say(wish, hand, stdout, "shows the split set; the normal set is sent: %s", set);
	result = hand_change(hand, from, normal);
	say(wish, hand, stdout, "%s: %s", zone_result_name(result), hand->sentence);
	return hand_exit(result);
}

static int
bring_back(const struct wish *wish, struct hand *hand)
{
	struct mx_set normal, split, shown;
	const struct mx_set *seen;
	struct err err = { 0 };
	char set[4096];
	struct text text = TEXT(set);

	if (!plan(hand, wish->from_config, &normal, &split, &err)) {
		say(wish, hand, stderr, "%s%s", err.text,
		    wish->from_config ? "" : "; see --from-config");
		return EX_NOINPUT;
	}
	seen = hand_read(hand);
	if (!seen) {
		say(wish, hand, stderr, "the primary does not say what it shows: %s",
		    zone_view(hand->zone, 0)->error);
		return EX_TEMPFAIL;
	}
	shown = *seen;
	switch (plan_compare(&shown, &normal, &split)) {
	case PLAN_SHOWS_NORMAL:
		say(wish, hand, stdout, "shows the normal set; nothing to do");
		return EX_OK;
	case PLAN_SHOWS_SPLIT:
		if (!wish->if_dead || !plan_for_good(&shown, &normal, &split))
			return replace(wish, hand, &shown, &normal);
		break; /* nobody asked for it just now */
	case PLAN_SHOWS_DRIFT:
		break;
	}
	plan_drift(&shown, &normal, &text);
	say(wish, hand, stderr,
	    "shows neither the normal nor the split set, somebody changed it: %s; nothing was "
	    "touched",
	    set);
	return EX_DATAERR;
}

/* An order to split that was given before would split the zone again as soon as a daemon starts:
 * who restores by hand does not want that. */
static bool
end_order(const struct wish *wish, const struct hand *hand, struct err *err)
{
	struct override order = { 0 }, none = { 0 };
	struct journal_entry entry = { .kind = JOURNAL_OVERRIDE,
				       .time_us = (int64_t)time(NULL) * 1000000 };
	struct text text = TEXT(entry.text);
	struct store *store = NULL;
	bool ok = store_open(hand->config->database, STORE_READ, &store, NULL, err) &&
		  store_state_get_override(store, hand->display, &order, err);

	store_close(store);
	if (!ok || order.order != ORDER_SPLIT || order.expires <= time(NULL))
		return ok;
	store = NULL;
	span_copy(span_of(hand->display), entry.domain, sizeof(entry.domain));
	text_add(&text, "the order to split, by %s, was ended by restore --offline", order.by);
	ok = store_open(hand->config->database, STORE_WRITE, &store, NULL, err) &&
	     store_begin(store, err) &&
	     store_state_put_override(store, hand->display, &none, err) &&
	     store_journal_add(store, &entry, err) && store_commit(store, err);
	store_close(store);
	if (ok)
		say(wish, hand, stdout, "%s", entry.text);
	return ok;
}

/* Has the daemon been silent for so long that a split would have ended? */
static bool
is_dead(const struct wish *wish, const struct hand *hand)
{
	int64_t written = store_written(hand->config->database), age = time(NULL) - written;
	char age_text[WHEN_TEXT], most_text[WHEN_TEXT];

	if (written && age >= hand->domain->max_split)
		return true;
	when_duration(age, age_text);
	when_duration(hand->domain->max_split, most_text);
	say(wish, hand, stdout, "the database was written %s ago, not %s: nothing is done",
	    written ? age_text : "(it is not there)", most_text);
	return false;
}

/* Does a daemon with this configuration answer? One that nobody can ask is taken to. */
static bool
answers(const struct config *config)
{
	struct client client = { 0 };
	char url[sizeof("http://") + sizeof(config->listen[0].text)];
	struct text text = TEXT(url);
	json_t *status = NULL;
	bool ok;

	for (unsigned i = 0; i < config->listen_count; i++) {
		const struct config_listen *listen = &config->listen[i];

		if (listen->kind == CONFIG_LISTEN_UNIX && !client.socket)
			client.socket = listen->path;
		if (listen->kind == CONFIG_LISTEN_TCP && !url[0])
			text_add(&text, "http://%s", listen->text);
	}
	if (!client.socket && !url[0])
		return true;
	client.url = client.socket ? NULL : url;
	ok = client_call(&client, "GET", "/v1/status", NULL, &status) == EX_OK;
	json_decref(status);
	return ok;
}

/*
 * No daemon may act meanwhile. One that runs, has not written for max-split and does not answer
 * hangs: it is stopped, or blocked. It is not waited for; should it go on, it reads the zone before
 * it acts. EX_OK with *may_out false: there is nothing to do.
 */
static int
hold(const struct wish *wish, const struct hand *hand, int *lock_out, bool *may_out)
{
	struct err err = { 0 };

	*may_out = store_hold(hand->config->database, lock_out, &err);
	if (*may_out)
		return EX_OK;
	if (err.kind != ERR_BUSY || !wish->if_dead) {
		say(wish, hand, stderr, "%s; while it runs: mxsplitctl normal %s", err.text,
		    hand->display);
		return err.kind == ERR_BUSY ? EX_UNAVAILABLE : EX_OSERR;
	}
	*may_out = !answers(hand->config);
	say(wish, hand, stdout, "%s",
	    *may_out ? "an mxsplitd runs and does not answer; its split is ended all the same"
		     : "an mxsplitd runs and answers: it ends its splits itself");
	return EX_OK;
}

static int
restore_held(const struct wish *wish, struct hand *hand)
{
	struct err err = { 0 };
	int status, lock = -1;
	bool may;

	if (wish->if_dead && !is_dead(wish, hand))
		return store_written(hand->config->database) ? EX_OK : EX_NOINPUT;
	status = hold(wish, hand, &lock, &may);
	if (!may)
		return status;
	status = bring_back(wish, hand);
	if (lock >= 0)
		close(lock);
	if (status == EX_OK && store_written(hand->config->database) &&
	    !end_order(wish, hand, &err)) {
		say(wish, hand, stderr,
		    "an order to split may still be in force: %s; when the daemon runs: mxsplitctl "
		    "auto %s",
		    err.text, hand->display);
		return EX_TEMPFAIL;
	}
	return status;
}

static int
restore_one(struct wish *wish, const char *domain)
{
	struct hand hand;
	int status;

	wish->said = wish->json ? json_array() : NULL;
	status = hand_open(&hand, wish->config, domain); /* says itself what is wrong */
	if (status == EX_OK)
		status = restore_held(wish, &hand);
	if (wish->json) {
		json_t *object = json_pack("{s:s, s:i, s:o}", "domain", domain, "exit", status,
					   "said", wish->said);

		json_dumpf(object, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(object);
	}
	hand_close(&hand);
	return status;
}

/* The worst of all exit codes is the last that is not 0. */
static int
restore_all(struct wish *wish)
{
	struct config *config = malloc(sizeof(*config));
	struct config_problems *problems = malloc(sizeof(*problems));
	int status = EX_OK;

	if (!config || !problems || !config_read(wish->config, config, problems)) {
		if (problems)
			config_print_problems(stderr, wish->config, problems);
		status = EX_CONFIG;
	}
	for (unsigned i = 0; status != EX_CONFIG && i < config->domain_count; i++) {
		int one = restore_one(wish, config->domains[i].name);

		status = one != EX_OK ? one : status;
	}
	free(problems);
	free(config);
	return status;
}

int
restore(int argc, char **argv)
{
	static const struct option options[] = { { "all", no_argument, NULL, 'a' },
						 { "offline", no_argument, NULL, 'o' },
						 { "config", required_argument, NULL, 'c' },
						 { "from-config", no_argument, NULL, 'f' },
						 { "if-dead", no_argument, NULL, 'd' },
						 { "json", no_argument, NULL, 'j' },
						 { "help", no_argument, NULL, 'h' },
						 { NULL, 0, NULL, 0 } };
	struct wish wish = { .config = CONFIG_FILE };
	int option;

	while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		wish.all = wish.all || option == 'a';
		wish.offline = wish.offline || option == 'o';
		wish.from_config = wish.from_config || option == 'f';
		wish.if_dead = wish.if_dead || option == 'd';
		wish.json = wish.json || option == 'j';
		if (option == 'c')
			wish.config = optarg;
		if (option == 'h' || option == '?') {
			fputs(USAGE, option == 'h' ? stdout : stderr);
			return option == 'h' ? EX_OK : EX_USAGE;
		}
	}
	wish.domain = optind < argc ? argv[optind++] : NULL;
	if (optind != argc || !wish.offline || wish.all == (wish.domain != NULL)) {
		fputs(USAGE, stderr);
		return EX_USAGE;
	}
	return wish.all ? restore_all(&wish) : restore_one(&wish, wish.domain);
}
