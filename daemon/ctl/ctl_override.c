#include "daemon/ctl/ctl_override.h"

#include "daemon/base/text.h"
#include "daemon/ctl/client.h"
#include "daemon/ctl/ctl_show.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define PATH_ROOM 512
#define SENTENCE 1024
#define BY_ROOM 64

struct wish {
	const char *mode, *domain, *duration, *reason, *by;
};

static int
usage(FILE *out, int status)
{
	fputs("usage: mxsplitctl split|normal DOMAIN --for 2h --reason TEXT [--by NAME]\n"
	      "                  [--json]\n"
	      "       mxsplitctl auto DOMAIN [--reason TEXT] [--by NAME] [--json]\n"
	      "  split              publish the split set now and keep it\n"
	      "  normal             restore the normal set now and keep it\n"
	      "  auto               end the order: the daemon decides again\n"
	      "  --for DURATION     how long, such as 30m, 2h, 1d; at most 7d\n"
	      "  --reason TEXT      for those who come after you\n"
	      "  --by NAME          who you are (the user's name)\n" CLIENT_USAGE,
	      out);
	return status;
}

/* Who types: behind sudo the one who called it. */
static void
user_name(char out[BY_ROOM])
{
	const char *behind = geteuid() == 0 ? getenv("SUDO_USER") : NULL;
	const struct passwd *entry = behind && behind[0] ? NULL : getpwuid(getuid());
	struct text text = text_over(out, BY_ROOM);

	if (behind && behind[0])
		text_add_scrubbed(&text, span_of(behind));
	else if (entry)
		text_add_scrubbed(&text, span_of(entry->pw_name));
	else
		text_add(&text, "uid %u", (unsigned)getuid());
}

static bool
put(json_t *body, const char *name, const char *value)
{
	json_t *text = value ? json_string(value) : NULL;

	if (!value)
		return true;
	if (text)
		return json_object_set_new(body, name, text) == 0;
	fprintf(stderr, "mxsplitctl: --%s is not UTF-8\n", name);
	return false;
}

static void
show(const char *domain, const json_t *override)
{
	const char *mode = ctl_show_member(override, "mode");
	char expires[SHOW_CELL];

	if (strcmp(mode, "auto") == 0) {
		printf("%s: no order any more, the daemon decides\n", domain);
		return;
	}
	ctl_show_time(override, "expires", time(NULL), expires);
	printf("%s: %s until %s, by ", domain, mode, expires);
	ctl_show_text(stdout, ctl_show_member(override, "by"));
	fputs(": ", stdout);
	ctl_show_text(stdout, ctl_show_member(override, "reason"));
	putchar('\n');
}

static int
ask(const struct client *client, const struct wish *wish)
{
	char path[PATH_ROOM], name[BY_ROOM];
	struct text text = TEXT(path);
	json_t *body = json_object(), *answer = NULL;
	int status = EX_DATAERR;

	user_name(name);
	text_add(&text, "/v1/domains/%s/override", wish->domain);
	if (client_domain(wish->domain) && put(body, "mode", wish->mode) &&
	    put(body, "for", wish->duration) && put(body, "reason", wish->reason) &&
	    put(body, "by", wish->by ? wish->by : name))
		status = client_call(client, "PUT", path, body, &answer);
	json_decref(body);
	if (status != EX_OK)
		return status;
	if (client->json)
		status = client_print(answer);
	else
		show(wish->domain, answer);
	json_decref(answer);
	return fflush(stdout) == 0 ? status : EX_IOERR;
}

int
ctl_override(int argc, char **argv)
{
	static const struct option options[] = { CLIENT_OPTIONS,
						 { "for", required_argument, NULL, 'f' },
						 { "reason", required_argument, NULL, 'r' },
						 { "by", required_argument, NULL, 'b' },
						 { NULL, 0, NULL, 0 } };
	struct client client = client_default();
	struct wish wish = { .mode = argv[0] };
	int option;

	optind = 0;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1)
		if (option == 'f')
			wish.duration = optarg;
		else if (option == 'r')
			wish.reason = optarg;
		else if (option == 'b')
			wish.by = optarg;
		else if (!client_option(&client, option, optarg))
			return usage(stderr, EX_USAGE);
	if (client.help)
		return usage(stdout, EX_OK);
	if (argc - optind != 1)
		return usage(stderr, EX_USAGE);
	wish.domain = argv[optind];
	if (strcmp(wish.mode, "auto") != 0 && (!wish.duration || !wish.reason)) {
		fprintf(stderr, "mxsplitctl: %s wants --for (how long) and --reason (why)\n",
			wish.mode);
		return usage(stderr, EX_USAGE);
	}
	return ask(&client, &wish);
}
