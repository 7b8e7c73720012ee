/*
 * zonetool: drives dnsupdate/zone.c from a command line, for the end-to-end tests.
 *
 *     zonetool read   --zone Z [--domain D] --server ADDRESS [--check ADDRESS]...
 *     zonetool change --zone Z --server ADDRESS [--check ADDRESS]... --key FILE --to SET [--from
 * SET]
 *                     [--tcp] [--timeout-ms N] [--prove-ms N] [--clock SECONDS]
 *                     [--more ADDRESS]... [--second-key FILE] [--bind ADDRESS]
 *     zonetool change --zone Z --server ADDRESS ... --key FILE --loop
 *
 * Without --to an update of prerequisites alone is sent. SET is "TTL PREFERENCE NAME ..."; without
 * --from the primary is read first. With --loop the changes come from standard input, "FROM TAB TO"
 * on a line, each when the one before has its result. `read` prints a line a server: name, "known"
 * or "unknown", serial, set or error. `change` prints result, serial, sentence. Columns are
 * tab-separated. Exit: 0 when it came to an answer, 64 for usage, 1 for an error.
 */
#include "dnsupdate/zone.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int64_t clock_offset;
static struct zone_server more[ZONE_ADDRESSES], own[2];
static struct tsig_key second;
static struct mx_set from, to;
static bool change, from_given, to_given, loop_given;
static struct zone *zone;

static int
usage(const char *why)
{
	fprintf(stderr, "zonetool: %s\n", why);
	return 64;
}

static int64_t
now(void)
{
	return (int64_t)time(NULL) + clock_offset;
}

static void next_change(void);

static void
on_change(void *ctx, enum zone_result result, const char *sentence, uint32_t serial)
{
	(void)ctx;
	printf("%s\t%u\t%s\n", zone_result_name(result), serial, sentence);
	if (loop_given)
		next_change();
	else
		zone_free(zone);
}

static void
print_views(void)
{
	char set[8192];

	for (unsigned i = 0; i < zone_servers(zone); i++) {
		const struct zone_view *view = zone_view(zone, i);
		struct text text = TEXT(set);

		if (view->known)
			mx_print(&view->shown, &text);
		printf("%s\t%s\t%u\t%s\n", view->name, view->known ? "known" : "unknown",
		       view->serial, view->known ? set : view->error);
	}
}

static void
begin_change(void)
{
	struct err err = { 0 };

	bool begun = to_given ? zone_change(zone, &from, &to, &err)
			      : zone_change_nothing(zone, &from, &err);

	if (!begun) {
		printf("error\t0\t%s\n", err.text);
		zone_free(zone);
	}
}

/* The next line's change; the end of standard input, or a wrong line, ends the loop. */
static void
next_change(void)
{
	char line[16384];
	struct err err = { 0 };
	char *tab;

	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin)) {
		zone_free(zone);
		return;
	}
	line[strcspn(line, "\n")] = '\0';
	tab = strchr(line, '\t');
	to_given = true;
	uv_update_time(uv_default_loop()); /* it stood still while we waited for the line */
	if (tab && mx_parse((struct span){ line, (size_t)(tab - line) }, &from, &err) &&
	    mx_parse(span_of(tab + 1), &to, &err)) {
		begin_change();
		return;
	}
	printf("error\t0\twanted FROM TAB TO: %s\n", err.text);
	zone_free(zone);
}

static void
on_read(void *ctx)
{
	(void)ctx;
	if (!change) {
		print_views();
		zone_free(zone);
		return;
	}
	from = zone_view(zone, 0)->shown;
	begin_change();
}

static bool
take(int option, struct zone_options *options, struct zone_server *check, struct tsig_key *key,
     struct err *err)
{
	switch (option) {
	case 'z':
		options->zone = optarg;
		if (!options->domain)
			options->domain = optarg;
		return true;
	case 'd':
		options->domain = optarg;
		return true;
	case 's':
		return zone_address(span_of(optarg), &options->primary, err);
	case 'c':
		return options->checks < ZONE_CHECKS &&
		       zone_address(span_of(optarg), &check[options->checks++], err);
	case 'a':
		return options->mores < ZONE_ADDRESSES &&
		       zone_address(span_of(optarg), &more[options->mores++], err);
	case 'b':
		return options->binds < 2 &&
		       zone_address(span_of(optarg), &own[options->binds++], err);
	case 'K':
		options->second_key = &second;
		return key_read(optarg, &second, err);
	case 'k':
		options->key = key;
		return key_read(optarg, key, err);
	case 'f':
		from_given = true;
		return mx_parse(span_of(optarg), &from, err);
	case 't':
		to_given = true;
		return mx_parse(span_of(optarg), &to, err);
	case 'l':
		return loop_given = true;
	case 'T':
		options->tcp = true;
		return true;
	case 'm':
		options->timeout_ms = strtol(optarg, NULL, 10);
		return true;
	case 'p':
		options->prove_ms = strtol(optarg, NULL, 10);
		return true;
	case 'o':
		clock_offset = strtol(optarg, NULL, 10);
		return true;
	default:
		return err_set(err, ERR_INPUT, "unknown option");
	}
}

int
main(int argc, char **argv)
{
	static const struct option table[] = {
		{ "zone", 1, NULL, 'z' },     { "domain", 1, NULL, 'd' },
		{ "server", 1, NULL, 's' },   { "check", 1, NULL, 'c' },
		{ "more", 1, NULL, 'a' },     { "bind", 1, NULL, 'b' },
		{ "key", 1, NULL, 'k' },      { "second-key", 1, NULL, 'K' },
		{ "from", 1, NULL, 'f' },     { "to", 1, NULL, 't' },
		{ "tcp", 0, NULL, 'T' },      { "timeout-ms", 1, NULL, 'm' },
		{ "prove-ms", 1, NULL, 'p' }, { "clock", 1, NULL, 'o' },
		{ "loop", 0, NULL, 'l' },     { 0 },
	};
	struct zone_server check[ZONE_CHECKS];
	uv_loop_t *loop = uv_default_loop();
	struct tsig_key key = { 0 };
	struct err err = { 0 };
	struct zone_options options = { .loop = loop,
					.check = check,
					.more = more,
					.bind = own,
					.now = now,
					.on_read = on_read,
					.on_change = on_change };
	int option;

	if (argc < 2)
		return usage("read or change?");
	change = span_equal(span_of(argv[1]), SPAN("change"));
	optind = 2;
	while ((option = getopt_long(argc, argv, "", table, NULL)) != -1)
		if (!take(option, &options, check, &key, &err))
			return usage(err.text);
	zone = zone_new(&options, &err);
	key_wipe(&key);
	key_wipe(&second);
	if (!zone)
		return usage(err.text);
	if (loop_given)
		next_change();
	else if (change && from_given)
		begin_change();
	else
		zone_read(zone);
	uv_run(loop, UV_RUN_DEFAULT);
	return uv_loop_close(loop) == 0 ? 0 : 1;
}
