#include "daemon/conf/config.h"

#include "daemon/conf/config_table.h"
#include "daemon/conf/config_value.h"
#include "daemon/core/journal.h"
#include "tests/unit/conf/good.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char *
sample(void)
{
	char *out = NULL;
	size_t size;
	FILE *file = open_memstream(&out, &size);

	config_print_sample(file);
	fclose(file);
	return out;
}

/* The readers of values write so much; SIZE_MAX: as much as the row says. */
static size_t
value_size(enum config_type type)
{
	static const size_t sizes[CONFIG_TYPES] = {
		[CONFIG_TYPE_NAME] = CONFIG_NAME,
		[CONFIG_TYPE_HOST] = CONFIG_NAME,
		[CONFIG_TYPE_MAIL_DOMAIN] = CONFIG_NAME,
		[CONFIG_TYPE_ADDRESS] = CONFIG_ADDRESS,
		[CONFIG_TYPE_LISTEN] = sizeof(struct config_listen),
		[CONFIG_TYPE_ORIGIN] = CONFIG_ORIGIN,
		[CONFIG_TYPE_DURATION] = sizeof(int64_t),
		[CONFIG_TYPE_SIZE] = sizeof(int64_t),
		[CONFIG_TYPE_COUNT] = sizeof(int64_t),
		[CONFIG_TYPE_RIGHTS] = sizeof(int64_t),
		[CONFIG_TYPE_DECIMAL] = sizeof(double),
		[CONFIG_TYPE_FLAG] = sizeof(bool),
		[CONFIG_TYPE_MODE] = sizeof(enum mode),
		[CONFIG_TYPE_FORMAT] = sizeof(enum format),
		[CONFIG_TYPE_EVENT] = sizeof(unsigned),
		[CONFIG_TYPE_SET] = sizeof(enum oids_set),
		[CONFIG_TYPE_OID] = CONFIG_OID,
		[CONFIG_TYPE_PLACE] = CONFIG_PLACE,
		[CONFIG_TYPE_MX] = CONFIG_MX,
		[CONFIG_TYPE_CONDITION] = CONDITION_TEXT,
		[CONFIG_TYPE_THRESHOLD] = sizeof(struct threshold_rule),
	};

	return sizes[type] ? sizes[type] : SIZE_MAX;
}

static bool
overlap(size_t a, size_t a_size, size_t b, size_t b_size)
{
	return a < b + b_size && b < a + a_size;
}

Test(config, every_setting_has_one_row_and_a_place_of_its_own)
{
	cr_assert(config_table_rows < 128);
	for (unsigned i = 0; i < config_table_rows; i++) {
		const struct config_setting *a = &config_table[i];
		size_t size =
			a->size * (a->entries && a->type != CONFIG_TYPE_EVENT ? a->entries : 1);

		cr_assert_eq(config_table_find(a->section, span_of(a->name)), a, "%s twice",
			     a->name);
		if (a->type == CONFIG_TYPE_LATER) {
			cr_assert(config_table_find(a->section, span_of(a->instead)), "%s",
				  a->name);
			continue;
		}
		cr_assert(a->sentence && a->sentence[strlen(a->sentence) - 1] == '.', "%s",
			  a->name);
		cr_assert(value_size(a->type) == SIZE_MAX || value_size(a->type) == a->size, "%s",
			  a->name);
		cr_assert(!a->required || !a->preset, "%s is required and has a default", a->name);
		for (unsigned j = 0; j < i; j++)
			cr_assert(config_table[j].section != a->section ||
					  !overlap(a->offset, size, config_table[j].offset, 1),
				  "%s and %s share a place", a->name, config_table[j].name);
	}
}

Test(config, the_sample_is_good_and_shows_the_defaults)
{
	char *text = sample();
	struct parsed *full = parsed_text(text);
	char *counters = good_with(good, 0, NULL,
				   "counters:\n  - name: a\n    mta: a.example.jp\n"
				   "    snmp: 192.0.2.1\n    secret-file: /x/y\n");
	struct parsed *short_one = parsed_text(counters);

	cr_assert(full->ok, "%s", full->problems.list[0].text);
	cr_assert(short_one->ok, "%s", short_one->problems.list[0].text);
	for (unsigned i = 0; i < config_table_rows; i++) {
		const struct config_setting *row = &config_table[i];
		const void *bases[CONFIG_SECTIONS][2] = {
			{ &full->config, &short_one->config },
			{ full->config.servers, short_one->config.servers },
			{ full->config.domains, short_one->config.domains },
			{ full->config.sources, short_one->config.sources },
			{ full->config.counters, short_one->config.counters },
			{ full->config.hooks, short_one->config.hooks },
		};
		char a[20000], b[20000];
		struct text a_text = TEXT(a), b_text = TEXT(b);

		if (!row->preset)
			continue;
		config_value_print_all(row, bases[row->section][0], &a_text);
		config_value_print_all(row, bases[row->section][1], &b_text);
		cr_assert_str_eq(a, b, "%s", row->name);
	}
	free(text);
	free(counters);
	free(full);
	free(short_one);
}

Test(config, a_good_file_gives_absolute_names_and_canonical_addresses)
{
	char *text = good_with(good, 3, "    address: \"[2001:DB8:0::53]:5353\"", NULL);
	struct parsed *parsed = parsed_text(text);
	const struct config *config = &parsed->config;

	cr_assert(parsed->ok, "%s", parsed->problems.list[0].text);
	cr_assert_str_eq(config->servers[0].address[0], "[2001:db8::53]:5353");
	cr_assert_str_eq(config->servers[0].zone, "example.jp.");
	cr_assert_str_eq(config->domains[0].name, "example.jp.");
	cr_assert_eq(config->domains[0].server, 0);
	cr_assert_str_eq(config->domains[0].drop[0], "mta1.example.jp.");
	cr_assert_str_eq(config->sources[0].mta, "mta1.example.jp.");
	cr_assert_str_eq(config->sources[0].default_domain, "example.jp");
	cr_assert_eq(config->listen_count, 2);
	cr_assert_str_eq(config->listen[0].host, "127.0.0.1");
	cr_assert_eq(config->listen[0].port, 8053);
	cr_assert_eq(config->listen[1].kind, CONFIG_LISTEN_UNIX);
	cr_assert_str_eq(config->listen[1].path, "/run/mxsplit/api.sock");
	cr_assert_eq(config->hooks[0].on,
		     1U << JOURNAL_SPLIT | 1U << JOURNAL_RESTORE | 1U << JOURNAL_FAILURE);
	cr_assert_str_eq(config->hooks[0].run_argv[1], "--loud");
	cr_assert_null(config->hooks[0].run_argv[2]);
	free(text);
	free(parsed);
}

Test(config, values_are_read_in_all_their_forms)
{
	static const struct {
		enum config_section section;
		const char *name, *text, *printed; /* NULL: refused */
	} cases[] = {
		{ CONFIG_DOMAIN, "calm", "300s", "5m" },
		{ CONFIG_DOMAIN, "calm", "1h30m", "90m" },
		{ CONFIG_DOMAIN, "calm", "7d", "7d" },
		{ CONFIG_DOMAIN, "calm", "604801s", NULL },
		{ CONFIG_DOMAIN, "calm", "5", NULL },
		{ CONFIG_DOMAIN, "calm", "-5m", NULL },
		{ CONFIG_DOMAIN, "calm", "5parsec", NULL },
		{ CONFIG_DOMAIN, "splits-a-day", "1", "1" },
		{ CONFIG_DOMAIN, "splits-a-day", "0", NULL },
		{ CONFIG_DOMAIN, "splits-a-day", "32", "32" },
		{ CONFIG_DOMAIN, "splits-a-day", "33", NULL },
		{ CONFIG_DOMAIN, "splits-a-day", "4.0", NULL },
		{ CONFIG_DOMAIN, "least-excess", "12.5", "12.5" },
		{ CONFIG_DOMAIN, "least-excess", "0.999", NULL },
		{ CONFIG_DOMAIN, "least-excess", "1e3", NULL },
		{ CONFIG_DOMAIN, "least-excess", "nan", NULL },
		{ CONFIG_DOMAIN, "least-excess", "1.", NULL },
		{ CONFIG_SOURCE, "zone", "local", "local" },
		{ CONFIG_SOURCE, "zone", "Asia/Tokyo", "Asia/Tokyo" },
		{ CONFIG_SOURCE, "zone", "+09:00", "+09:00" },
		{ CONFIG_SOURCE, "zone", "-0330", "-0330" },
		{ CONFIG_SOURCE, "zone", "+9", NULL },
		{ CONFIG_SOURCE, "zone", "/etc/localtime", NULL },
		{ CONFIG_SOURCE, "zone", "a/../b", NULL },
		{ CONFIG_SOURCE, "max-line", "8192", "8k" },
		{ CONFIG_SOURCE, "max-line", "16KiB", "16k" },
		{ CONFIG_SOURCE, "max-line", "1025", "1025" },
		{ CONFIG_SOURCE, "max-line", "1023", NULL },
		{ CONFIG_SOURCE, "max-line", "65k", NULL },
		{ CONFIG_SERVER, "tcp", "true", "yes" },
		{ CONFIG_SERVER, "tcp", "off", "no" },
		{ CONFIG_SERVER, "tcp", "1", NULL },
		{ CONFIG_SERVER, "address", "192.0.2.1", "192.0.2.1:53" },
		{ CONFIG_SERVER, "address", "192.0.2.1:65535", "192.0.2.1:65535" },
		{ CONFIG_SERVER, "address", "192.0.2.1:65536", NULL },
		{ CONFIG_SERVER, "address", "192.0.2.1:0", NULL },
		{ CONFIG_SERVER, "address", "192.0.2.1:", NULL },
		{ CONFIG_SERVER, "address", "192.0.2.256", NULL },
		{ CONFIG_SERVER, "address", "2001:db8::53", "[2001:db8::53]:53" },
		{ CONFIG_SERVER, "address", "[2001:db8::53]", "[2001:db8::53]:53" },
		{ CONFIG_SERVER, "address", "[2001:db8::53", NULL },
		{ CONFIG_SERVER, "address", "[192.0.2.1]:53", NULL },
		{ CONFIG_SERVER, "address", "ns1.example.jp", NULL },
		{ CONFIG_SERVER, "zone", "Example.JP.", "example.jp." },
		{ CONFIG_SERVER, "zone", "_mx.example.jp", "_mx.example.jp." },
		{ CONFIG_SERVER, "zone", "jp", "jp." },
		{ CONFIG_SERVER, "zone", ".", NULL },
		{ CONFIG_SERVER, "zone", "a..jp", NULL },
		{ CONFIG_SERVER, "zone", "a.jp..", NULL },
		{ CONFIG_SERVER, "zone", "-a.jp", NULL },
		{ CONFIG_SERVER, "zone", "192.0.2.1", NULL },
		{ CONFIG_SERVER, "zone", "b\xc3\xbc.jp", NULL },
		{ CONFIG_SOURCE, "mta", "mta1.example.jp", "mta1.example.jp." },
		{ CONFIG_SOURCE, "mta", "mta1", NULL },
		{ CONFIG_SOURCE, "mta", "mta_1.example.jp", NULL },
		{ CONFIG_SOURCE, "default-domain", "Example.jp.", "example.jp" },
		{ CONFIG_SOURCE, "follow", "/var/log/mail.log", "/var/log/mail.log" },
		{ CONFIG_SOURCE, "follow", "var/log/mail.log", NULL },
		{ CONFIG_SOURCE, "follow", "/var/log/", NULL },
		{ CONFIG_SOURCE, "follow", "/var/\n", NULL },
		{ CONFIG_TOP, "listen", "[::1]:8053", "[::1]:8053" },
		{ CONFIG_TOP, "listen", "127.0.0.1", NULL },
		{ CONFIG_TOP, "listen", "unix:/run/x.sock", "unix:/run/x.sock" },
		{ CONFIG_TOP, "listen", "unix:x.sock", NULL },
		{ CONFIG_TOP, "allow-origins", "https://A.Example.jp", "https://a.example.jp" },
		{ CONFIG_TOP, "allow-origins", "http://localhost:3000", "http://localhost:3000" },
		{ CONFIG_TOP, "allow-origins", "https://a.jp:443", "https://a.jp" },
		{ CONFIG_TOP, "allow-origins", "http://a.jp:443", "http://a.jp:443" },
		{ CONFIG_TOP, "allow-origins", "http://192.0.2.9:80", "http://192.0.2.9" },
		{ CONFIG_TOP, "allow-origins", "http://[2001:DB8:0::9]:8080",
		  "http://[2001:db8::9]:8080" },
		{ CONFIG_TOP, "allow-origins", "*", NULL },
		{ CONFIG_TOP, "allow-origins", "null", NULL },
		{ CONFIG_TOP, "allow-origins", "", NULL },
		{ CONFIG_TOP, "allow-origins", "a.jp", NULL },
		{ CONFIG_TOP, "allow-origins", "https://", NULL },
		{ CONFIG_TOP, "allow-origins", "https://*.a.jp", NULL },
		{ CONFIG_TOP, "allow-origins", "https://a.jp/", NULL },
		{ CONFIG_TOP, "allow-origins", "https://a.jp.", NULL },
		{ CONFIG_TOP, "allow-origins", "https://me@a.jp", NULL },
		{ CONFIG_TOP, "allow-origins", "https://a.jp:", NULL },
		{ CONFIG_TOP, "allow-origins", "https://a.jp:0", NULL },
		{ CONFIG_TOP, "allow-origins", "https://a.jp:65536", NULL },
		{ CONFIG_TOP, "allow-origins", "https://a.jp:8x", NULL },
		{ CONFIG_TOP, "allow-origins", "https://2001:db8::9", NULL },
		{ CONFIG_TOP, "allow-origins", "https://[a.jp]", NULL },
		{ CONFIG_TOP, "allow-origins", "ftp://a.jp", NULL },
		{ CONFIG_HOOK, "on", "drift", "drift" },
		{ CONFIG_HOOK, "on", "hook", NULL },
		{ CONFIG_HOOK, "url", "https://a.jp/secret?x=1",
		  "https://a.jp/... (a5f4a005)" }, /* not the path */
		{ CONFIG_HOOK, "url", "http://[::1]:80", "http://[::1]:80/ (fa6d40b4)" },
		{ CONFIG_HOOK, "url", "https://a.jp/a b", NULL },
		{ CONFIG_HOOK, "url", "https://a.jp/\"", NULL },
		{ CONFIG_HOOK, "format", "slack", "slack" },
		{ CONFIG_HOOK, "format", "postfix", NULL },
		{ CONFIG_DOMAIN, "mode", "Auto", NULL },
		{ CONFIG_DOMAIN, "mode", "", NULL },
	};
	static char value[65536];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct config_setting *row =
			config_table_find(cases[i].section, span_of(cases[i].name));
		enum config_value result;
		char shown[512];
		struct text text = TEXT(shown);

		memset(value, 0, sizeof(value));
		result = config_value_read(row, span_of(cases[i].text), value);
		cr_assert_eq(result == CONFIG_VALUE_OK, cases[i].printed != NULL, "%s %s",
			     cases[i].name, cases[i].text);
		if (!cases[i].printed)
			continue;
		config_value_print(row, value, &text);
		cr_assert_str_eq(shown, cases[i].printed, "%s %s", cases[i].name, cases[i].text);
	}
}

Test(config, a_reload_can_say_what_changed)
{
	static const struct {
		unsigned line;
		const char *instead, *add, *changes;
	} cases[] = {
		{ 0, NULL, NULL, "nothing changed" },
		{ 0, NULL, "# only a comment\n", "nothing changed" },
		{ 8, "    server: ns1\n    mode: auto", NULL,
		  "domains[example.jp].mode: observe -> auto" },
		{ 9, "    drop: [mta1.example.jp, mta0.example.jp]", "watch: 2m\n",
		  "watch: 1m -> 2m; domains[example.jp].drop: [mta1.example.jp.] -> "
		  "[mta1.example.jp., mta0.example.jp.]" },
		{ 0, NULL, "database: /var/lib/other.db\ntokens: /etc/x/tokens\n",
		  "database: /var/lib/mxsplit/mxsplit.db -> /var/lib/other.db (needs a restart); "
		  "tokens: /etc/mxsplit/tokens -> /etc/x/tokens" },
		{ 15, "  - name: call", NULL, "hooks[page] removed; hooks[call] added" },
		{ 5, "    key-file: /etc/x/ns1.key\n    check: [192.0.2.54]", NULL,
		  "servers[ns1].check: [] -> [192.0.2.54:53]" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = good_with(good, cases[i].line, cases[i].instead, cases[i].add);
		struct parsed *was = parsed_text(good), *is = parsed_text(text);
		char changes[1024];
		struct text out = TEXT(changes);

		cr_assert(is->ok, "case %zu: %s", i, is->problems.list[0].text);
		config_changes(&was->config, &is->config, &out);
		cr_assert_str_eq(changes, cases[i].changes);
		free(text);
		free(was);
		free(is);
	}
}

static void
write_file(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);

	cr_assert(fd >= 0);
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	cr_assert_eq(fchmod(fd, mode), 0);
	close(fd);
}

Test(config, key_files_are_for_their_owner_only)
{
	static const struct {
		mode_t key, program, tokens; /* 0: not there */
		const char *problem;	     /* begins so, after the path; NULL: fine */
	} cases[] = {
		{ 0600, 0755, 0600, NULL },
		{ 0400, 0700, 0, NULL },
		{ 0600, 0755, 0640, NULL },
		{ 0604, 0755, 0600, " is open to others (mode 604), wanted mode 600" },
		{ 0640, 0755, 0600, " is open to others (mode 640), wanted mode 600" },
		{ 0, 0755, 0600, " cannot be read: No such file or directory" },
		{ 0600, 0755, 0644, " is open to others (mode 644), wanted mode 600" },
		{ 0600, 0644, 0600, " cannot be run, wanted an executable file" },
		{ 0600, 0757, 0600, " can be changed by everybody (mode 757), wanted mode 755" },
		{ 0600, 0, 0600, " cannot be run: No such file or directory" },
	};
	char dir[] = "/tmp/mxsplit-conf-XXXXXX";
	char key[64], program[64], tokens[64], file[64];

	cr_assert(mkdtemp(dir));
	snprintf(key, sizeof(key), "%s/key", dir);
	snprintf(program, sizeof(program), "%s/program", dir);
	snprintf(tokens, sizeof(tokens), "%s/tokens", dir);
	snprintf(file, sizeof(file), "%s/mxsplitd.yaml", dir);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct parsed *parsed = calloc(1, sizeof(*parsed));
		char line[256], add[256], *half, *text;

		snprintf(line, sizeof(line), "    key-file: %s", key);
		half = good_with(good, 5, line, NULL);
		snprintf(line, sizeof(line), "    run: [%s]", program);
		snprintf(add, sizeof(add), "tokens: %s\n", tokens);
		text = good_with(half, 16, line, add);
		unlink(key);
		unlink(program);
		unlink(tokens);
		if (cases[i].key)
			write_file(key, "key", cases[i].key);
		if (cases[i].program)
			write_file(program, "#!/bin/sh\n", cases[i].program);
		if (cases[i].tokens)
			write_file(tokens, "", cases[i].tokens);
		write_file(file, text, 0644);
		parsed->ok = config_read(file, &parsed->config, &parsed->problems);
		cr_assert_eq(parsed->ok, cases[i].problem == NULL, "case %zu: %s", i,
			     parsed->problems.list[0].text);
		if (cases[i].problem) {
			const char *said = strchr(parsed->problems.list[0].text, '"');

			cr_assert_eq(parsed->problems.count, 1);
			said = strchr(said + 1, '"') + 1;
			cr_assert_str_eq(said, cases[i].problem, "case %zu", i);
		}
		free(half);
		free(text);
		free(parsed);
	}
	unlink(key);
	unlink(program);
	unlink(tokens);
	unlink(file);
	rmdir(dir);
}

Test(config, a_zone_that_this_machine_does_not_have_is_a_problem_at_its_place)
{
	static const char wanted[] =
		"zone \"Europe/Atlantis\" is not known, wanted a file below " TZ_DIRECTORY;
	char file[] = "/tmp/mxsplit-zone-XXXXXX";
	char *text = good_with(good, 13, "    follow: /a\n    zone: Europe/Atlantis", NULL);
	struct parsed *parsed = calloc(1, sizeof(*parsed));
	bool said = false;
	int fd = mkstemp(file);

	cr_assert(fd >= 0 && close(fd) == 0);
	write_file(file, text, 0600);
	cr_assert(!config_read(file, &parsed->config, &parsed->problems));
	for (unsigned i = 0; i < parsed->problems.count; i++)
		said = said || (strcmp(parsed->problems.list[i].text, wanted) == 0 &&
				parsed->problems.list[i].line == 14);
	cr_assert(said);
	unlink(file);
	free(text);
	free(parsed);
}

Test(config, a_file_that_is_not_there_is_said_to_be_unreadable)
{
	struct parsed *parsed = calloc(1, sizeof(*parsed));

	cr_assert(!config_read("/nonexistent/x.yaml", &parsed->config, &parsed->problems));
	cr_assert(parsed->problems.unreadable);
	cr_assert_str_eq(parsed->problems.list[0].text,
			 "cannot be read: No such file or directory");
	cr_assert(!config_read("/tmp", &parsed->config, &parsed->problems));
	cr_assert(parsed->problems.unreadable);
	free(parsed);
}
