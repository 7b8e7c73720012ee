#include "daemon/core/notice.h"

#include "daemon/base/names.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static const struct name formats[NOTICE_FORMATS] = {
	{ NOTICE_JSON, "json" },
	{ NOTICE_ALERTMANAGER, "alertmanager" },
	{ NOTICE_SLACK, "slack" },
	{ NOTICE_PAGERDUTY, "pagerduty" },
};

static const struct notice_meaning meanings[JOURNAL_KINDS] = {
	[JOURNAL_START] = { "MxsplitStart", "info", NOTICE_EVENT },
	[JOURNAL_SURGE] = { "MxsplitSurge", "warning", NOTICE_FIRING },
	[JOURNAL_CALM] = { "MxsplitSurge", "warning", NOTICE_RESOLVED },
	[JOURNAL_DECISION] = { "MxsplitDecision", "info", NOTICE_EVENT },
	[JOURNAL_UPDATE] = { "MxsplitUpdate", "info", NOTICE_EVENT },
	[JOURNAL_SPLIT] = { "MxsplitSplit", "warning", NOTICE_FIRING },
	[JOURNAL_RESTORE] = { "MxsplitSplit", "warning", NOTICE_RESOLVED },
	[JOURNAL_DRIFT] = { "MxsplitDrift", "critical", NOTICE_EVENT },
	[JOURNAL_FAILURE] = { "MxsplitFailure", "critical", NOTICE_EVENT },
	[JOURNAL_OVERRIDE] = { "MxsplitOverride", "info", NOTICE_EVENT },
	[JOURNAL_SOURCE] = { "MxsplitSource", "warning", NOTICE_EVENT },
	[JOURNAL_HOOK] = { "MxsplitHook", "info", NOTICE_EVENT },
};

const char *
notice_format_name(enum notice_format format)
{
	return names_name(formats, ROWS(formats), (int)format);
}

bool
notice_format_from_name(struct span name, enum notice_format *format_out)
{
	int value;

	if (!names_value(formats, ROWS(formats), name, &value))
		return false;
	*format_out = (enum notice_format)value;
	return true;
}

struct notice_meaning
notice_meaning(struct span kind)
{
	enum journal_kind known;

	if (span_equal(kind, SPAN(NOTICE_TEST)))
		return (struct notice_meaning){ "MxsplitTest", "info", NOTICE_EVENT };
	if (!journal_from_name(kind, &known))
		known = JOURNAL_DECISION;
	return meanings[known];
}

void
notice_key(struct span domain, const char *alert, struct text *text)
{
	text_add(text, "mxsplit/");
	text_add_span(text, domain);
	text_add(text, "/%s", alert);
}

void
notice_slack(struct span text, struct text *out)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];

		if (c == '&')
			text_add(out, "&amp;");
		else if (c == '<')
			text_add(out, "&lt;");
		else if (c == '>')
			text_add(out, "&gt;");
		else
			text_add_span(out, (struct span){ text.at + i, 1 });
	}
}

enum notice_answer
notice_answer(long status)
{
	if (status >= 200 && status < 300)
		return NOTICE_TOLD;
	if (status >= 400 && status < 500 && status != 408 && status != 429)
		return NOTICE_REFUSED;
	return NOTICE_LATER;
}
