#include "daemon/findings.h"

#include "daemon/base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <sysexits.h>

static const char *const words[] = { "ok", "warn", "FAIL", "skip" };
static const char *const json_words[] = { "ok", "warn", "fail", "skip" };

void
findings_add(struct findings *findings, enum findings_verdict verdict, const char *check,
	     const char *format, ...)
{
	char clean[2048];
	struct text text = TEXT(clean);
	va_list list;

	va_start(list, format);
	text_add_sentence(&text, format, list); /* servers wrote parts of it */
	va_end(list);
	findings->of[verdict]++;
	if (!findings->json) {
		printf("%-5s %-12s %s\n", words[verdict], check, clean);
		fflush(stdout);
		return;
	}
	if (!findings->list)
		findings->list = json_array();
	json_array_append_new(findings->list,
			      json_pack("{s:s, s:s, s:s}", "check", check, "verdict",
					json_words[verdict], "text", clean));
}

int
findings_end(struct findings *findings)
{
	const unsigned *of = findings->of;
	json_t *all;

	if (findings->json) {
		all = json_pack("{s:b, s:o}", "ready", of[FINDINGS_FAIL] == 0, "checks",
				findings->list ? findings->list : json_array());
		json_dumpf(all, stdout, JSON_INDENT(1));
		putchar('\n');
		json_decref(all);
	} else {
		printf("%u ok, %u to look at, %u failed, %u left out\n", of[FINDINGS_OK],
		       of[FINDINGS_WARN], of[FINDINGS_FAIL], of[FINDINGS_SKIP]);
	}
	return of[FINDINGS_FAIL] ? EX_DATAERR : EX_OK;
}
