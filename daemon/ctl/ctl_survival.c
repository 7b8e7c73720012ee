#include "daemon/ctl/ctl_survival.h"

#include "daemon/base/text.h"
#include "daemon/base/when.h"
#include "daemon/ctl/client.h"
#include "daemon/ctl/ctl_show.h"

#include <sysexits.h>

#define SENTENCE 512
#define LINE_HOURS 6.0 /* of the line in status */

static const char usage[] =
	"usage: mxsplitctl survival DOMAIN [--json]\n"
	"What share of regular correspondents still holds the full MX set so many hours\n"
	"after a split. A regular: at least three mails over at least a day, from one\n"
	"network.\n" CLIENT_USAGE;

static void
percent(const json_t *share, char out[SHOW_CELL])
{
	struct text text = text_over(out, SHOW_CELL);

	if (json_is_number(share))
		text_add(&text, "%.0f %%", 100 * json_number_value(share));
	else
		text_add(&text, "-");
}

static void
show_share(const json_t *row, const char *name)
{
	char cell[SHOW_CELL];

	percent(json_object_get(row, name), cell);
	ctl_show_cell(cell, 16, SHOW_PLAIN);
}

static void
show_curve(const json_t *curve)
{
	size_t i;
	json_t *row;

	puts("AFTER       NO CAP          7 DAYS          1 DAY");
	json_array_foreach(curve, i, row)
	{
		char cell[SHOW_CELL];
		struct text text = TEXT(cell);

		text_add(&text, "%g h", json_number_value(json_object_get(row, "hours")));
		ctl_show_cell(cell, 12, SHOW_PLAIN);
		show_share(row, "uncapped");
		show_share(row, "cap_7d");
		show_share(row, "cap_1d");
		putchar('\n');
	}
}

static void
show_sources(const json_t *survival)
{
	char sentence[SENTENCE], ttl[WHEN_TEXT], gap[WHEN_TEXT];
	const json_t *seconds = json_object_get(survival, "ttl");
	const json_t *mean = json_object_get(survival, "mean_gap_seconds");
	struct text text = TEXT(sentence);

	when_duration((int64_t)json_integer_value(seconds), ttl);
	when_duration((int64_t)json_number_value(mean) / 60 * 60, gap);
	if (json_is_null(seconds))
		text_add(&text, "not known: the normal set was not read yet");
	else
		text_add(&text, "%s, of the normal set as the zone shows it", ttl);
	ctl_show_words("TTL", sentence, SHOW_PLAIN);
	text = TEXT(sentence);
	text_add(&text, "%lld regular correspondents in the sample, mean gap %s, from the logs%s",
		 (long long)json_integer_value(json_object_get(survival, "regulars")),
		 json_is_null(mean) ? "not known" : gap,
		 json_is_true(json_object_get(survival, "enough"))
			 ? ""
			 : "; that is too few to rely on");
	ctl_show_words("rhythm", sentence, SHOW_PLAIN);
	ctl_show_words("caps",
		       "defaults: BIND 7 days (max-cache-ttl), Unbound, PowerDNS Recursor, Knot "
		       "Resolver and Windows 1 day; which one a correspondent uses is not known",
		       SHOW_PLAIN);
	ctl_show_words(
		"formula",
		"(T - D) / max(T + E[g^2] / 2 E[g], E[g]), the mean over correspondents; T the "
		"capped TTL, D the time after the split, g the gaps between mails; one cache "
		"each, no prefetch, no eviction",
		SHOW_PLAIN);
}

void
ctl_survival_line(const json_t *survival)
{
	char sentence[SENTENCE], low[SHOW_CELL], high[SHOW_CELL];
	struct text text = TEXT(sentence);
	size_t i;
	json_t *row;

	json_array_foreach(json_object_get(survival, "curve"), i, row)
	{
		if (json_number_value(json_object_get(row, "hours")) != LINE_HOURS ||
		    !json_is_number(json_object_get(row, "cap_1d")))
			continue;
		percent(json_object_get(row, "cap_1d"), low);
		percent(json_object_get(row, "uncapped"), high);
		text_add(&text,
			 "%g h after a split %s (resolvers that cap at a day) to %s (no cap) of "
			 "%lld "
			 "regular correspondents would still hold the full set%s",
			 LINE_HOURS, low, high,
			 (long long)json_integer_value(json_object_get(survival, "regulars")),
			 json_is_true(json_object_get(survival, "enough"))
				 ? ""
				 : "; too few to rely on");
		ctl_show_words("survival", sentence, SHOW_PLAIN);
	}
}

static int
ask(const struct client *client, const char *domain)
{
	char path[SENTENCE];
	struct text text = TEXT(path);
	json_t *answer = NULL, *survival;
	int status;

	text_add(&text, "/v1/domains/%s", domain);
	status = client_call(client, "GET", path, NULL, &answer);
	if (status != EX_OK)
		return status;
	survival = json_object_get(answer, "survival");
	if (client->json) {
		status = client_print(survival);
	} else {
		puts("Regular correspondents that still hold the full MX set after a split, by "
		     "what\n"
		     "their resolver caps a TTL at:\n");
		show_curve(json_object_get(survival, "curve"));
		putchar('\n');
		show_sources(survival);
		status = fflush(stdout) == 0 ? EX_OK : EX_IOERR;
	}
	json_decref(answer);
	return status;
}

int
ctl_survival(int argc, char **argv)
{
	static const struct option options[] = { CLIENT_OPTIONS, { NULL, 0, NULL, 0 } };
	struct client client = client_default();
	bool good = true;
	int option;

	optind = 0;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1)
		good = client_option(&client, option, optarg) && good;
	if (client.help) {
		fputs(usage, stdout);
		return EX_OK;
	}
	if (!good || optind + 1 != argc) {
		fputs(usage, stderr);
		return EX_USAGE;
	}
	return client_domain(argv[optind]) ? ask(&client, argv[optind]) : EX_USAGE;
}
