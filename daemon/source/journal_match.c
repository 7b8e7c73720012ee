#include "daemon/source/journal_match.h"

#ifdef HAVE_JOURNAL

#include "daemon/base/span.h"

#define SUPPRESSED "MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e"

static bool
names_host(const char *match)
{
	return span_begins(span_of(match), SPAN("_HOSTNAME=")) ||
	       span_begins(span_of(match), SPAN("_MACHINE_ID="));
}

int
journal_match_add(sd_journal *journal, const struct config_source *config)
{
	int result = 0;

	for (unsigned i = 0; i < config->match_count && result >= 0; i++)
		result = sd_journal_add_match(journal, config->match[i], 0);
	if (result >= 0)
		result = sd_journal_add_disjunction(journal);
	if (result >= 0)
		result = sd_journal_add_match(journal, SUPPRESSED, 0);
	for (unsigned i = 0; i < config->match_count && result >= 0; i++)
		if (names_host(config->match[i]))
			result = sd_journal_add_match(journal, config->match[i], 0);
	return result;
}

bool
journal_match_mixes_hosts(sd_journal *journal, const struct config_source *config)
{
	unsigned hosts = 0;
	const void *data;
	size_t length;

	for (unsigned i = 0; i < config->match_count; i++)
		if (names_host(config->match[i]))
			return false;
	if (sd_journal_query_unique(journal, "_MACHINE_ID") < 0)
		return false;
	while (hosts < 2 && sd_journal_enumerate_unique(journal, &data, &length) > 0)
		hosts++;
	return hosts > 1;
}

#endif
