#include "daemon/preflight.h"

#include <getopt.h>
#include <stdlib.h>
#include <sysexits.h>

#define CONFIG_FILE "/etc/mxsplit/mxsplitd.yaml"
#define OPTIONS                                                                                    \
	"  -c, --config F     the configuration (" CONFIG_FILE ")\n"                               \
	"  --json             the list as JSON\n"
#define EXITS                                                                                      \
	"Exit: 0 nothing failed, 65 something did, 66 or 78 the configuration cannot be\n"         \
	"used.\n"
#define USAGE                                                                                      \
	"usage: mxsplitctl preflight DOMAIN [options]\n"                                           \
	"Looks at everything that would make a split of the domain fail or hurt.\n"                \
	"Changes nothing.\n" OPTIONS                                                               \
	"  --resolver ADDR    ask this resolver, as strangers would (/etc/resolv.conf)\n"          \
	"  --rcpt ADDRESS     ask the exchangers if they take a bounce to it (no DATA)\n"          \
	"  --sts-policy FILE  judge this MTA-STS policy instead of the published one\n" EXITS
#define USAGE_DNS                                                                                  \
	"usage: mxsplitctl dns check DOMAIN [options]\n"                                           \
	"Reads the MX set at every server, compares, and proves the key by an update that\n"       \
	"has prerequisites only. Changes nothing.\n" OPTIONS EXITS

struct wish {
	const char *config, *domain, *resolver, *usage;
	bool help;
};

/* No byte that would end an SMTP command. */
static bool
good_recipient(const char *text)
{
	const char *at = strrchr(text, '@');

	for (const char *c = text; *c; c++)
		if (*c <= ' ' || *c > '~' || strchr("<>", *c))
			return false;
	return at && at != text && at[1] && strlen(text) < 320;
}

static bool
take(struct wish *wish, struct preflight *preflight, int option)
{
	switch (option) {
	case 'c':
		wish->config = optarg;
		return true;
	case 'j':
		preflight->findings.json = true;
		return true;
	case 'r':
		wish->resolver = optarg;
		return true;
	case 't':
		preflight->rcpt = optarg;
		return good_recipient(optarg);
	case 'p':
		preflight->policy = optarg;
		return true;
	case 'h':
		wish->help = true;
		return true;
	default:
		return false;
	}
}

/* EX_OK, or EX_USAGE and the usage was said. */
static int
parse(int argc, char **argv, const struct option *options, struct wish *wish,
      struct preflight *preflight)
{
	int option;
	bool ok = true;

	while (ok && (option = getopt_long(argc, argv, "c:h", options, NULL)) != -1)
		ok = take(wish, preflight, option);
	if (ok && wish->help)
		return EX_OK;
	wish->domain = ok && optind + 1 == argc ? argv[optind] : NULL;
	if (!wish->domain)
		fputs(wish->usage, stderr);
	return wish->domain ? EX_OK : EX_USAGE;
}

static int
run(struct preflight *preflight, const struct wish *wish, bool mail)
{
	struct err err = { 0 };
	int status = hand_open(&preflight->hand, wish->config, wish->domain);

	if (status == EX_OK) {
		if (!lookup_open(wish->resolver, &preflight->lookup, &err))
			findings_add(&preflight->findings, FINDINGS_SKIP, "resolver", "%s",
				     err.text);
		preflight_zone(preflight);
		if (mail)
			preflight_mail(preflight);
		status = findings_end(&preflight->findings);
	}
	lookup_free(preflight->lookup);
	hand_close(&preflight->hand);
	return status;
}

int
preflight(int argc, char **argv)
{
	static const struct option options[] = { { "config", required_argument, NULL, 'c' },
						 { "json", no_argument, NULL, 'j' },
						 { "resolver", required_argument, NULL, 'r' },
						 { "rcpt", required_argument, NULL, 't' },
						 { "sts-policy", required_argument, NULL, 'p' },
						 { "help", no_argument, NULL, 'h' },
						 { NULL, 0, NULL, 0 } };
	struct wish wish = { .config = CONFIG_FILE, .usage = USAGE };
	struct preflight preflight = { 0 };
	int status = parse(argc, argv, options, &wish, &preflight);

	if (wish.help && status == EX_OK)
		return fputs(USAGE, stdout) < 0 ? EX_IOERR : EX_OK;
	return status == EX_OK ? run(&preflight, &wish, true) : status;
}

int
preflight_dns(int argc, char **argv)
{
	static const struct option options[] = { { "config", required_argument, NULL, 'c' },
						 { "json", no_argument, NULL, 'j' },
						 { "help", no_argument, NULL, 'h' },
						 { NULL, 0, NULL, 0 } };
	struct wish wish = { .config = CONFIG_FILE, .usage = USAGE_DNS };
	struct preflight preflight = { 0 };
	int status;

	if (argc >= 2 && strcmp(argv[1], "--help") == 0)
		return fputs(USAGE_DNS, stdout) < 0 ? EX_IOERR : EX_OK;
	if (argc < 2 || strcmp(argv[1], "check") != 0) {
		fputs(USAGE_DNS, stderr);
		return EX_USAGE;
	}
	status = parse(argc - 1, argv + 1, options, &wish, &preflight);
	if (wish.help && status == EX_OK)
		return fputs(USAGE_DNS, stdout) < 0 ? EX_IOERR : EX_OK;
	return status == EX_OK ? run(&preflight, &wish, false) : status;
}
