/*
 * mxsplitctl: one table of commands; each has its own file.
 */
#include "daemon/check_config.h"
#include "daemon/counts.h"
#include "daemon/ctl/ctl_backtest.h"
#include "daemon/ctl/ctl_classify.h"
#include "daemon/ctl/ctl_events.h"
#include "daemon/ctl/ctl_explain.h"
#include "daemon/ctl/ctl_explain_surge.h"
#include "daemon/ctl/ctl_hooks.h"
#include "daemon/ctl/ctl_override.h"
#include "daemon/ctl/ctl_status.h"
#include "daemon/ctl/ctl_survival.h"
#include "daemon/ctl/ctl_token.h"
#include "daemon/ctl/ctl_watch.h"
#include "daemon/import.h"
#include "daemon/preflight.h"
#include "daemon/restore.h"
#include "daemon/totals.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} commands[] = {
	{ "status", ctl_status, "state of every domain: why, numbers, what each server shows" },
	{ "watch", ctl_watch, "[DOMAIN]: the same, live, over the whole screen" },
	{ "events", ctl_events, "the journal: decisions, updates, overrides, alerts" },
	{ "split", ctl_override, "DOMAIN --for 2h --reason TEXT: split now and keep it" },
	{ "normal", ctl_override, "DOMAIN --for 2h --reason TEXT: restore now and keep it" },
	{ "auto", ctl_override, "DOMAIN: remove the override" },
	{ "hooks", ctl_hooks, "who is told, and what could not be; test NAME, resend NAME" },
	{ "restore", restore, "DOMAIN --offline: bring the normal set back without a daemon" },
	{ "preflight", preflight, "DOMAIN: what would make a split fail or hurt" },
	{ "dns", preflight_dns,
	  "check DOMAIN: what each name server shows, whether the key works" },
	{ "check-config", check_config, "FILE: every error with its line" },
	{ "classify", ctl_classify, "FILE|-: the events in a log; --summary counts them" },
	{ "explain", ctl_explain, "LINE...: how log lines are read, and why" },
	{ "explain-surge", ctl_explain_surge,
	  "DOMAIN: the numbers behind the last surge, over time" },
	{ "survival", ctl_survival, "DOMAIN: who still holds the full MX set after a split" },
	{ "backtest", ctl_backtest, "FILE|-: when the detector would have said surge" },
	{ "counts", counts, "--db FILE DOMAIN: bounces by the minute, for backtest" },
	{ "import", import, "--db FILE LOG...: counts old logs, also .gz and .zst" },
	{ "totals", totals, "--db FILE: what the database counted" },
	{ "token", ctl_token, "add NAME --role ROLE --file FILE: a token for the API" },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void
usage(FILE *out)
{
	fputs("usage: mxsplitctl COMMAND ...\n\n", out);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-13s %s\n", commands[i].name, commands[i].help);
	fputs("\nWhat is going on:   mxsplitctl status, mxsplitctl watch, mxsplitctl events\n"
	      "Before it may act:  mxsplitctl check-config FILE; mxsplitctl preflight DOMAIN\n"
	      "To take over:       mxsplitctl normal DOMAIN --for 2h --reason TEXT\n"
	      "                    mxsplitctl auto DOMAIN          (the daemon decides again)\n"
	      "The daemon is dead: mxsplitctl restore DOMAIN --offline\n"
	      "\nmxsplitctl COMMAND --help says more; mxsplitctl help mxsplitd, mxsplitctl or\n"
	      "mxsplitd.yaml shows the manual. NO_COLOR=1 leaves colours out.\n"
	      "Exit codes: 0 done; 64 the command line is wrong; 65 the input is; 66 it is not\n"
	      "there; 69 no daemon answers; 71 the system failed; 74 reading or writing did; 75\n"
	      "try again later; 77 you may not, or it was refused; 78 the configuration is\n"
	      "wrong.\n",
	      out);
}

static int
run(int argc, char **argv)
{
	for (size_t i = 0; argc >= 1 && i < COMMANDS; i++)
		if (strcmp(argv[0], commands[i].name) == 0)
			return commands[i].run(argc, argv);
	usage(stderr);
	return EX_USAGE;
}

/* A page of the manual, or what a command says of itself. */
static int
help(char *topic)
{
	static const char *const pages[] = { "mxsplitctl", "mxsplitd", "mxsplitd.yaml" };
	char option[] = "--help", *words[] = { topic, option, NULL };

	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		if (strcmp(topic, pages[i]) == 0) {
			execlp("man", "man", topic, (char *)NULL);
			perror("mxsplitctl: man");
			return EX_UNAVAILABLE;
		}
	return run(2, words);
}

int
main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_DFL);
	if (argc == 3 && strcmp(argv[1], "help") == 0)
		return help(argv[2]);
	if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)) {
		usage(stdout);
		return EX_OK;
	}
	if (argc >= 2 && strcmp(argv[1], "--version") == 0) {
		puts("mxsplitctl " MXSPLIT_VERSION);
		return EX_OK;
	}
	return run(argc - 1, argv + 1);
}
