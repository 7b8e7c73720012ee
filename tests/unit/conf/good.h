/*
 * A small good configuration for tests, and what parsing gives, for the caller to free.
 */
#ifndef TESTS_CONF_GOOD_H
#define TESTS_CONF_GOOD_H

#include "daemon/conf/config.h"

#include <stdlib.h>

/* clang-format off */
static const char good[] =
	"servers:\n"                       /* 1 */
	"  - name: ns1\n"                  /* 2 */
	"    address: 192.0.2.53\n"        /* 3 */
	"    zone: example.jp\n"           /* 4 */
	"    key-file: /etc/x/ns1.key\n"   /* 5 */
	"domains:\n"                       /* 6 */
	"  - name: example.jp\n"           /* 7 */
	"    server: ns1\n"                /* 8 */
	"    drop: [mta1.example.jp]\n"    /* 9 */
	"sources:\n"                       /* 10 */
	"  - name: mta1-log\n"             /* 11 */
	"    mta: mta1.example.jp\n"       /* 12 */
	"    follow: /var/log/mail.log\n"  /* 13 */
	"hooks:\n"                         /* 14 */
	"  - name: page\n"                 /* 15 */
	"    run: [/etc/x/page, --loud]\n" /* 16 */
	;
/* clang-format on */

struct parsed {
	bool ok;
	struct config config;
	struct config_problems problems;
};

static inline struct parsed *
parsed_text(const char *text)
{
	struct parsed *parsed = calloc(1, sizeof(*parsed));

	parsed->ok = config_parse(span_of(text), &parsed->config, &parsed->problems);
	return parsed;
}

/* The good one with its line `line` (from 1) replaced; NULL leaves it out. `add` stands behind it
 * all. Free it. */
static inline char *
good_with(const char *base, unsigned line, const char *instead, const char *add)
{
	char *out = NULL;
	size_t size;
	FILE *file = open_memstream(&out, &size);
	unsigned at = 1;

	for (const char *left = base; *left; at++) {
		const char *end = strchr(left, '\n') + 1;

		if (at != line)
			fwrite(left, 1, (size_t)(end - left), file);
		else if (instead)
			fprintf(file, "%s\n", instead);
		left = end;
	}
	fputs(add ? add : "", file);
	fclose(file);
	return out;
}

#endif
