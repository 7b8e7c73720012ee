/*
 * mxsplitd: reads its configuration, opens its parts in order, runs the loop, closes in reverse.
 */
#include "daemon/base/when.h"
#include "daemon/conf/config_manual.h"
#include "daemon/desk.h"
#include "daemon/engine.h"
#include "daemon/record.h"
#include "daemon/sys/clock.h"
#include "daemon/sys/log.h"
#include "daemon/sys/service.h"
#include "daemon/version.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#define RELOAD_SECONDS 10 /* for reading a configuration */

struct program {
	const char *path;
	struct engine engine;
	uv_signal_t signals[3]; /* SIGTERM, SIGINT, SIGHUP */
	bool signalling;
};

static struct config *
read_config(const char *path)
{
	struct config_problems problems = { 0 };
	struct config *config = calloc(1, sizeof(*config));

	if (config && config_read(path, config, &problems))
		return config;
	config_print_problems(stderr, path, &problems);
	free(config);
	return NULL;
}

/*
 * Reads the new configuration in a child first: the YAML library has crashed on malformed text, and
 * that must not take down a daemon that holds a split. The child tells the problems.
 */
static bool
survives(const char *path)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		alarm(RELOAD_SECONDS);
		_exit(read_config(path) ? EX_OK : EX_CONFIG);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (child > 0 && WIFSIGNALED(status))
		fprintf(stderr, "%s:0:0: the file cannot be read: its reader died on signal %d\n",
			path, WTERMSIG(status));
	return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == EX_OK;
}

static void
stop(uv_signal_t *handle, int number)
{
	struct program *program = handle->data;

	if (program->engine.closing)
		return;
	service_stopping();
	record(&program->engine, JOURNAL_START, "", "",
	       "stopping on signal %d; the zone stays as it is", number);
	engine_stop(&program->engine);
	for (unsigned i = 0; i < 3; i++)
		uv_close((uv_handle_t *)&program->signals[i], NULL);
}

/* Who gets in, as the configuration says it; `origins` is the caller's room. */
static struct web_access
access_of(const struct config *config, const char *origins[CONFIG_ORIGINS])
{
	for (unsigned i = 0; i < config->allow_origin_count; i++)
		origins[i] = config->allow_origins[i];
	return (struct web_access){ .tokens_path = config->tokens,
				    .certificate_path = config->tls_cert,
				    .key_path = config->tls_key,
				    .origins = origins,
				    .origin_count = config->allow_origin_count };
}

static bool
reload_web(struct engine *engine, const struct config *config, struct err *err)
{
	const char *origins[CONFIG_ORIGINS];
	struct web_access access = access_of(config, origins);

	return web_reload(engine->web, &access, err);
}

static void
reload(uv_signal_t *handle, int number)
{
	struct program *program = handle->data;
	struct engine *engine = &program->engine;
	struct config *config;
	char sentence[JOURNAL_TEXT];
	struct text changes = TEXT(sentence);
	struct err err = { .text = "the new configuration has errors, see the log" }, none = { 0 };

	(void)number;
	service_reloading();
	engine->ready = false; /* the next pass says that it is again */
	config = survives(program->path) ? read_config(program->path) : NULL;
	/* the tokens first: they fail without a change, and nothing may fail after the engine's */
	if (config && reload_web(engine, config, &err)) {
		if (engine_reload(engine, config, &changes, &err)) {
			record(engine, JOURNAL_START, "", "", "configuration read again: %s",
			       sentence);
			return;
		}
		if (!reload_web(engine, engine->config, &none))
			log_event(LOG_LEVEL_ERROR, "tokens", "", none.text);
	}
	free(config);
	record(engine, JOURNAL_FAILURE, "", "",
	       "configuration not taken, the old one stays in force: %s", err.text);
}

/* Descriptors that the rest of the daemon can need at once: database, logs, agents, probes, hooks,
 * name servers. */
#define DESCRIPTORS_RESERVED 48
#define CONNECTIONS_LEAST 4

/* As many as the system gives. */
static void
raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* The API is shed first: a crowd of its clients never takes the descriptor of an update. */
static unsigned
connections_for(unsigned listens)
{
	struct rlimit limit;
	rlim_t each;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
		return WEB_CONNECTIONS;
	each = limit.rlim_cur > DESCRIPTORS_RESERVED
		       ? (limit.rlim_cur - DESCRIPTORS_RESERVED) / (listens + 1)
		       : 0;
	if (each < CONNECTIONS_LEAST)
		return CONNECTIONS_LEAST;
	return each < WEB_CONNECTIONS ? (unsigned)each : WEB_CONNECTIONS;
}

static bool
open_web(struct engine *engine, struct err *err)
{
	const struct config *config = engine->config;
	struct web_deps deps = desk_deps(engine);
	struct web_listen listen[CONFIG_LISTEN];
	const char *hosts[CONFIG_KNOWN_AS], *origins[CONFIG_ORIGINS];
	struct web_options options = { .loop = engine->loop,
				       .listen = listen,
				       .listens = config->listen_count,
				       .access = access_of(config, origins),
				       .hosts = hosts,
				       .host_count = config->known_as_count,
				       .connections = connections_for(config->listen_count) };

	for (unsigned i = 0; i < config->known_as_count; i++)
		hosts[i] = config->known_as[i];
	for (unsigned i = 0; i < config->listen_count; i++) {
		const struct config_listen *from = &config->listen[i];
		bool local = from->kind == CONFIG_LISTEN_UNIX;

		listen[i].unix_socket = local;
		listen[i].mode = (unsigned)config->socket_mode;
		listen[i].tls = from->kind == CONFIG_LISTEN_TLS;
		span_copy(span_of(local ? from->path
					: from->text + (listen[i].tls ? strlen("tls:") : 0)),
			  listen[i].text, sizeof(listen[i].text));
	}
	engine->web = web_start(&options, &deps, err);
	return engine->web != NULL;
}

static bool
open_store(struct engine *engine, struct err *err)
{
	bool rebuilt = false;

	if (!store_open(engine->config->database, STORE_WRITE, &engine->store, &rebuilt, err))
		return false;
	if (rebuilt)
		record(engine, JOURNAL_FAILURE, "", "",
		       "the database was corrupt and has been moved aside; counting begins anew, "
		       "the zone "
		       "was not touched");
	return true;
}

/* Opens everything. On failure what was opened is left to the end of the process. */
static bool
start(struct program *program, struct config *config, struct err *err)
{
	struct engine *engine = &program->engine;

	engine->loop = uv_default_loop();
	engine->config = config;
	engine->started = clock_now_us() / WHEN_SECOND_US;
	engine->snapshot = calloc(1, sizeof(*engine->snapshot));
	if (!engine->snapshot)
		return err_set(err, ERR_SYSTEM, "out of memory");
	if (!open_store(engine, err) || !company_open(engine, err) ||
	    !engine_build(engine, config, err) || !engine_find_left_out(engine, err) ||
	    !open_web(engine, err))
		return false;
	engine_start(engine);
	for (unsigned i = 0; i < 3; i++) {
		static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };

		uv_signal_init(engine->loop, &program->signals[i]);
		program->signals[i].data = program;
		uv_signal_start(&program->signals[i], numbers[i] == SIGHUP ? reload : stop,
				numbers[i]);
	}
	record(engine, JOURNAL_START, "", "", "mxsplitd %s started, %u domain%s, %u source%s",
	       MXSPLIT_VERSION, engine->domain_count, engine->domain_count == 1 ? "" : "s",
	       engine->input_count, engine->input_count == 1 ? "" : "s");
	return true;
}

static int
run(const char *path)
{
	static struct program program;
	struct engine *engine = &program.engine;
	struct config *config = read_config(path);
	struct err err = { 0 };

	program.path = path;
	if (!config)
		return EX_CONFIG;
	if (!start(&program, config, &err)) {
		log_event(LOG_LEVEL_ERROR, "start", "", err.text);
		return err.kind == ERR_INPUT  ? EX_CONFIG
		       : err.kind == ERR_BUSY ? EX_TEMPFAIL
					      : EX_OSERR;
	}
	uv_run(engine->loop, UV_RUN_DEFAULT);
	store_close(engine->store);
	company_free(engine->company);
	ns_sets_free(&engine->ns_sets);
	free(engine->snapshot);
	free(engine->config);
	uv_loop_close(engine->loop);
	return EX_OK;
}

static void
usage(FILE *out)
{
	fputs("usage: mxsplitd -f -c FILE     run in the foreground (the only way it runs)\n"
	      "       mxsplitd --print-config print the commented sample configuration\n"
	      "       mxsplitd --print-settings the settings as the manual has them, in mdoc\n"
	      "       mxsplitd --version\n",
	      out);
}

int
main(int argc, char **argv)
{
	static const struct option options[] = { { "config", required_argument, NULL, 'c' },
						 { "foreground", no_argument, NULL, 'f' },
						 { "print-config", no_argument, NULL, 'p' },
						 { "print-settings", no_argument, NULL, 's' },
						 { "version", no_argument, NULL, 'v' },
						 { "help", no_argument, NULL, 'h' },
						 { NULL, 0, NULL, 0 } };
	const char *path = NULL;
	int option;

	setenv("UV_THREADPOOL_SIZE", "8", 0); /* probes, webhooks and files at once */
	umask(027);
	prctl(PR_SET_DUMPABLE, 0); /* it holds a key: no core, no ptrace by others */
	signal(SIGPIPE, SIG_IGN);
	raise_descriptors();
	while ((option = getopt_long(argc, argv, "c:fhv", options, NULL)) != -1)
		switch (option) {
		case 'c':
			path = optarg;
			break;
		case 'f':
			break;
		case 'p':
			config_print_sample(stdout);
			return EX_OK;
		case 's':
			config_manual_print(stdout);
			return EX_OK;
		case 'v':
			version_print(stdout);
			return EX_OK;
		case 'h':
			usage(stdout);
			return EX_OK;
		default:
			usage(stderr);
			return EX_USAGE;
		}
	if (!path || optind != argc) {
		usage(stderr);
		return EX_USAGE;
	}
	return run(path);
}
