#include "daemon/notify/seal.h"
#include "daemon/notify/shape.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

#define TIME "2026-08-17T01:02:03.000000Z"
#define LATER "2026-08-17T04:05:06.000000Z"
#define NOTICE(kind, time, domain, numbers)                                                        \
	"{\"id\":7,\"time\":\"" time "\",\"kind\":\"" kind "\",\"domain\":\"" domain               \
	"\",\"text\":\"a <b> & \\\"c\\\"\",\"numbers\":" numbers "}"

static const struct {
	const char *what;
	enum notice_format format;
	const char *payload, *since, *body;
} cases[] = {
	{ "json is the notice itself", NOTICE_JSON,
	  NOTICE("surge", TIME, "example.jp", "{\"rate\":41.5}"), NULL,
	  NOTICE("surge", TIME, "example.jp", "{\"rate\":41.5}") },
	{ "a surge fires", NOTICE_ALERTMANAGER,
	  NOTICE("surge", TIME, "example.jp", "{\"rate\":41.5}"), NULL,
	  "[{\"labels\":{\"alertname\":\"MxsplitSurge\",\"severity\":\"warning\","
	  "\"domain\":\"example.jp\"},\"annotations\":{\"summary\":\"a <b> & \\\"c\\\"\","
	  "\"numbers\":\"{\\\"rate\\\":41.5}\"},\"startsAt\":\"" TIME "\"}]" },
	{ "calm resolves it, with the same labels", NOTICE_ALERTMANAGER,
	  NOTICE("calm", LATER, "example.jp", "{}"), TIME,
	  "[{\"labels\":{\"alertname\":\"MxsplitSurge\",\"severity\":\"warning\","
	  "\"domain\":\"example.jp\"},\"annotations\":{\"summary\":\"a <b> & \\\"c\\\"\"},"
	  "\"startsAt\":\"" TIME "\",\"endsAt\":\"" LATER "\"}]" },
	{ "an end whose beginning is not known", NOTICE_ALERTMANAGER,
	  NOTICE("restore", LATER, "example.jp", "{}"), "",
	  "[{\"labels\":{\"alertname\":\"MxsplitSplit\",\"severity\":\"warning\","
	  "\"domain\":\"example.jp\"},\"annotations\":{\"summary\":\"a <b> & \\\"c\\\"\"},"
	  "\"startsAt\":\"" LATER "\",\"endsAt\":\"" LATER "\"}]" },
	{ "an event of the daemon as a whole", NOTICE_ALERTMANAGER,
	  NOTICE("failure", TIME, "", "{}"), NULL,
	  "[{\"labels\":{\"alertname\":\"MxsplitFailure\",\"severity\":\"critical\"},"
	  "\"annotations\":{\"summary\":\"a <b> & \\\"c\\\"\"},\"startsAt\":\"" TIME "\"}]" },
	{ "slack", NOTICE_SLACK, NOTICE("split", TIME, "example.jp", "{}"), NULL,
	  "{\"text\":\"[split] example.jp: a &lt;b&gt; &amp; \\\"c\\\"\"}" },
	{ "slack without a domain", NOTICE_SLACK, NOTICE("test", TIME, "", "{}"), NULL,
	  "{\"text\":\"[test] a &lt;b&gt; &amp; \\\"c\\\"\"}" },
	{ "pagerduty is triggered", NOTICE_PAGERDUTY,
	  NOTICE("split", TIME, "example.jp", "{\"rate\":41.5}"), NULL,
	  "{\"routing_key\":\"KEY\",\"event_action\":\"trigger\","
	  "\"dedup_key\":\"mxsplit/example.jp/MxsplitSplit\",\"payload\":{"
	  "\"summary\":\"example.jp: a <b> & \\\"c\\\"\",\"source\":\"example.jp\","
	  "\"severity\":\"warning\",\"timestamp\":\"" TIME "\",\"class\":\"split\","
	  "\"custom_details\":{\"rate\":41.5}}}" },
	{ "and resolved by the same key", NOTICE_PAGERDUTY,
	  NOTICE("restore", LATER, "example.jp", "{}"), TIME,
	  "{\"routing_key\":\"KEY\",\"event_action\":\"resolve\","
	  "\"dedup_key\":\"mxsplit/example.jp/MxsplitSplit\"}" },
	{ "no notice", NOTICE_JSON, "{broken", NULL, NULL },
	{ "no notice in a list", NOTICE_ALERTMANAGER, "[]", NULL, NULL },
};

Test(shape, a_notice_has_the_shape_of_each_receiver)
{
	for (size_t i = 0; i < ROWS(cases); i++) {
		struct shape shape = { cases[i].payload, cases[i].since };
		char *body = shape_make(cases[i].format, &shape, 1, "KEY");

		if (cases[i].body)
			cr_assert_str_eq(body, cases[i].body, "%s:\n%s", cases[i].what, body);
		else
			cr_assert_null(body, "%s", cases[i].what);
		free(body);
	}
}

Test(shape, alertmanager_takes_many_and_leaves_out_what_is_broken)
{
	const struct shape list[] = { { NOTICE("surge", TIME, "a.jp", "{}"), NULL },
				      { "{broken", NULL },
				      { NOTICE("split", TIME, "b.jp", "{}"), NULL } };
	char *body = shape_make(NOTICE_ALERTMANAGER, list, ROWS(list), NULL);

	cr_assert(strstr(body, "a.jp") && strstr(body, "b.jp"), "%s", body);
	cr_assert(strncmp(body, "[{", 2) == 0 && strstr(body, "},{\"labels\""), "%s", body);
	free(body);
}

/* The example of the specification, as its reference libraries test it. */
Test(seal, the_signature_is_that_of_standard_webhooks)
{
	char out[SEAL_SIGNATURE];
	struct err err = { 0 };

	cr_assert(seal_sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
			    "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, "{\"test\": 2432232314}",
			    out, &err),
		  "%s", err.text);
	cr_assert_str_eq(out, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

Test(seal, a_key_must_be_long_enough)
{
	static const struct {
		const char *secret;
		bool good;
	} keys[] = { { "0123456789abcdef", true },
		     { "0123456789abcde", false },
		     { "whsec_AAAAAAAAAAAAAAAAAAAAAA==", true },  /* 16 bytes */
		     { "whsec_AAAAAAAAAAAAAAAAAAAA", false },	  /* 15 */
		     { "whsec_AAAAAAAAAAAAAAAAAAAAAA=*", false }, /* not base64 */
		     { "whsec_", false } };

	for (size_t i = 0; i < ROWS(keys); i++) {
		char out[SEAL_SIGNATURE];
		struct err err = { 0 };

		cr_assert_eq(seal_sign(keys[i].secret, "1", 1, "{}", out, &err), keys[i].good, "%s",
			     keys[i].secret);
		cr_assert(keys[i].good || !strstr(err.text, "AAAA"), "no error shows it");
	}
}

Test(seal, a_secret_is_one_line_of_a_file_that_is_closed_to_others)
{
	static const struct {
		const char *text;
		mode_t mode;
		const char *secret; /* NULL: refused */
	} files[] = { { "word\n", 0600, "word" }, { "word\r\nmore\n", 0400, "word" },
		      { "word", 0640, NULL },	  { "two words\n", 0600, NULL },
		      { "\n", 0600, NULL },	  { "a\xff\n", 0600, NULL } };
	char path[] = "/tmp/mxsplit-seal-XXXXXX", big[SEAL_SECRET + 1];
	struct err err = { 0 };
	char out[SEAL_SECRET];
	int fd = mkstemp(path);

	cr_assert(fd >= 0);
	for (size_t i = 0; i < ROWS(files); i++) {
		cr_assert(ftruncate(fd, 0) == 0 &&
			  pwrite(fd, files[i].text, strlen(files[i].text), 0) > 0);
		cr_assert(fchmod(fd, files[i].mode) == 0);
		cr_assert_eq(seal_read(path, out, &err), files[i].secret != NULL, "file %zu", i);
		if (files[i].secret)
			cr_assert_str_eq(out, files[i].secret);
	}
	memset(big, 'a', sizeof(big));
	for (size_t length = SEAL_SECRET - 1; length <= SEAL_SECRET; length++) {
		cr_assert(ftruncate(fd, 0) == 0 && pwrite(fd, big, length, 0) > 0 &&
			  fchmod(fd, 0600) == 0);
		cr_assert_eq(seal_read(path, out, &err), length < SEAL_SECRET);
	}
	close(fd);
	unlink(path);
	cr_assert(!seal_read(path, out, &err));
}
