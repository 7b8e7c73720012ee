#include "daemon/conf/config_hook.h"

#include "daemon/conf/config_url.h"
#include "daemon/core/journal.h"
#include "daemon/core/notice.h"

static void
check_way(const struct config_hook *hook, const struct config_hook_places *places,
	  struct config_problems *problems)
{
	unsigned ways = (hook->run_count > 0) + (*hook->url != '\0') + (*hook->trap != '\0');

	if (ways > 1)
		config_problem_add(problems, *hook->url ? places->url : places->trap,
				   "%s stands beside %s, wanted one way in a hook",
				   *hook->url ? "url" : "trap", hook->run_count ? "run" : "trap");
	if (*hook->trap && !*hook->secret_file)
		config_problem_add(problems, places->trap,
				   "trap: secret-file is missing, wanted a community or a user");
	if (hook->run_count && *hook->secret_file)
		config_problem_add(
			problems, places->secret,
			"secret-file is of no use to a program, wanted it beside url or trap");
}

/* Whoever keeps alerts must hear that they are over. */
static void
check_ends(const struct config_hook *hook, enum journal_kind begin, enum journal_kind end,
	   const struct config_hook_places *places, struct config_problems *problems)
{
	if ((hook->on & 1U << begin) && !(hook->on & 1U << end))
		config_problem_add(problems, places->on,
				   "on has %s without %s: %s would never hear that it is over",
				   journal_name(begin), journal_name(end),
				   notice_format_name(hook->format));
}

void
config_hook_check(const struct config_hook *hook, const struct config_hook_places *places,
		  struct config_problems *problems)
{
	check_way(hook, places, problems);
	if (!*hook->url)
		return;
	if (config_url_open(hook->url) && !hook->plain_http)
		config_problem_add(problems, places->url,
				   "url is not encrypted and goes to another machine, wanted "
				   "https://, or plain-http: yes");
	if (hook->format == NOTICE_PAGERDUTY && !*hook->secret_file)
		config_problem_add(problems, places->entry,
				   "hooks: secret-file is missing, wanted the file with the "
				   "routing key");
	if (hook->format == NOTICE_ALERTMANAGER || hook->format == NOTICE_PAGERDUTY) {
		check_ends(hook, JOURNAL_SURGE, JOURNAL_CALM, places, problems);
		check_ends(hook, JOURNAL_SPLIT, JOURNAL_RESTORE, places, problems);
	}
}
