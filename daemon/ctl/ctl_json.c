#include "daemon/ctl/ctl_json.h"

#include "daemon/base/scan.h"
#include "daemon/base/text.h"

void
ctl_json_string(FILE *out, struct span text)
{
	char buffer[CTL_JSON_TEXT];
	struct text scrubbed = TEXT(buffer);

	text_add_scrubbed(&scrubbed, text);
	putc('"', out);
	for (size_t i = 0; i < scrubbed.len; i++) {
		if (buffer[i] == '"' || buffer[i] == '\\')
			putc('\\', out);
		putc(buffer[i], out);
	}
	putc('"', out);
}

void
ctl_json_member(FILE *out, const char *name, struct span text)
{
	if (text.len == 0)
		return;
	fprintf(out, ",\"%s\":", name);
	ctl_json_string(out, text);
}

int
ctl_json_year(const char *text)
{
	struct scan scan = scan_over(span_of(text));
	unsigned year = (unsigned)scan_number(&scan, 9998);

	return scan_done(&scan) && year >= 1970 ? (int)year : 0;
}
