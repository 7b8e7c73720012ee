#include "dnsupdate/zone.h"

#include "dnsupdate/answer.h"
#include "dnsupdate/tsig.h"
#include "dnsupdate/zone_cause.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>

static const struct {
	const char *text;
	int family;
	unsigned port;
	const char *host;
} addresses[] = {
	{ "192.0.2.53", AF_INET, 53, "192.0.2.53" },
	{ "192.0.2.53:5353", AF_INET, 5353, "192.0.2.53" },
	{ "192.0.2.53:65535", AF_INET, 65535, "192.0.2.53" },
	{ "2001:db8::53", AF_INET6, 53, "2001:db8::53" },
	{ "[2001:db8::53]", AF_INET6, 53, "2001:db8::53" },
	{ "[2001:db8::53]:5353", AF_INET6, 5353, "2001:db8::53" },
	{ "[::1]:1", AF_INET6, 1, "::1" },
	{ "::ffff:192.0.2.53", AF_INET6, 53, "::ffff:192.0.2.53" },
	{ "", 0, 0, NULL },
	{ "ns1.example.jp", 0, 0, NULL },
	{ "192.0.2", 0, 0, NULL },
	{ "192.0.2.53:", 0, 0, NULL },
	{ "192.0.2.53:0", 0, 0, NULL },
	{ "192.0.2.53:65536", 0, 0, NULL },
	{ "192.0.2.53:5x", 0, 0, NULL },
	{ "192.0.2.53 ", 0, 0, NULL },
	{ ":53", 0, 0, NULL },
	{ "[2001:db8::53", 0, 0, NULL },
	{ "[2001:db8::53]53", 0, 0, NULL },
	{ "[]:53", 0, 0, NULL },
	{ "[", 0, 0, NULL },
	{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb", 0, 0, NULL },
};

Test(zone, reads_addresses)
{
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		struct zone_server server = { 0 };
		const void *host = &((struct sockaddr_in *)&server.address)->sin_addr;
		char shown[INET6_ADDRSTRLEN] = "";
		struct err err;
		bool good = zone_address(span_of(addresses[i].text), &server, &err);

		cr_assert(good == (addresses[i].family != 0), "row %zu '%s'", i, addresses[i].text);
		if (!good) {
			cr_assert(err.kind == ERR_INPUT && server.name[0] == '\0', "row %zu", i);
			continue;
		}
		if (addresses[i].family == AF_INET6)
			host = &((struct sockaddr_in6 *)&server.address)->sin6_addr;
		inet_ntop(addresses[i].family, host, shown, sizeof(shown));
		cr_assert_str_eq(shown, addresses[i].host, "row %zu: %s", i, shown);
		cr_assert(ntohs(((struct sockaddr_in *)&server.address)->sin_port) ==
				  addresses[i].port,
			  "row %zu", i);
		cr_assert_str_eq(server.name, addresses[i].text, "row %zu", i);
	}
}

static const struct {
	unsigned rcode;
	uint16_t error;
	bool believed;
	int64_t theirs;
	enum zone_result result;
	const char *words;
} causes[] = {
	{ ANSWER_NOERROR, 0, true, 0, ZONE_PROVED, "ns1 accepts the key mxsplit" },
	{ ANSWER_NOERROR, 0, false, 0, ZONE_UNKNOWN, "not signed" },
	{ ANSWER_NOTAUTH, TSIG_BADKEY, false, 0, ZONE_REFUSED,
	  "ns1 does not know the key mxsplit with hmac-sha256" },
	{ ANSWER_NOTAUTH, TSIG_BADSIG, false, 0, ZONE_REFUSED,
	  "ns1 has another secret for the key mxsplit" },
	{ ANSWER_NOTAUTH, TSIG_BADTIME, true, 1764000401, ZONE_REFUSED,
	  "401 s apart: ours says 2025-11-24T16:00:00Z, its 2025-11-24T16:06:41Z" },
	{ ANSWER_NOTAUTH, TSIG_BADTIME, true, 1763999000, ZONE_REFUSED, "1000 s apart" },
	{ ANSWER_NOTAUTH, TSIG_BADTIME, false, 0, ZONE_REFUSED, "too far apart" },
	{ ANSWER_NOTAUTH, TSIG_BADTIME, false, INT64_C(0xFFFFFFFFFFFF), ZONE_REFUSED,
	  "its something else" },
	{ ANSWER_NOTAUTH, 0, true, 0, ZONE_REFUSED,
	  "ns1 is not the primary of the zone example.jp (" },
	{ ANSWER_NOTAUTH, 0, false, 0, ZONE_REFUSED, "(Knot)" },
	{ ANSWER_REFUSED, 0, true, 0, ZONE_REFUSED,
	  "does not let the key mxsplit change the MX of mail.example.jp" },
	{ ANSWER_REFUSED, 0, false, 0, ZONE_REFUSED, "(PowerDNS)" },
	{ ANSWER_NXRRSET, 0, true, 0, ZONE_CONFLICT, "is not what it was" },
	{ ANSWER_YXRRSET, 0, true, 0, ZONE_CONFLICT, "has an MX now" },
	{ ANSWER_SERVFAIL, 0, true, 0, ZONE_FAILED, "SERVFAIL" },
	{ ANSWER_FORMERR, 0, false, 0, ZONE_REFUSED, "FORMERR" },
	{ ANSWER_NOTIMP, 0, false, 0, ZONE_REFUSED, "no dynamic updates" },
	{ ANSWER_NOTZONE, 0, true, 0, ZONE_REFUSED,
	  "mail.example.jp is not in the zone example.jp" },
	{ 13, 0, true, 0, ZONE_REFUSED, "ns1 answered rcode 13" },
	{ ANSWER_NXRRSET, 0, false, 0, ZONE_REFUSED, "ns1 answered NXRRSET" },
	{ ANSWER_NOTAUTH, 22, true, 0, ZONE_REFUSED, "ns1 answered NOTAUTH" },
};

Test(zone, says_the_cause_of_every_answer)
{
	struct tsig_key key = { .algorithm = TSIG_SHA256, .secret_len = 1 };

	cr_assert(key_name(&key, SPAN("mxsplit"), NULL));
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		struct zone_cause cause = { .rcode = causes[i].rcode,
					    .error = causes[i].error,
					    .believed = causes[i].believed,
					    .ours = 1764000000,
					    .theirs = causes[i].theirs,
					    .server = "ns1",
					    .key = &key,
					    .zone = "example.jp",
					    .domain = "mail.example.jp" };
		char sentence[ZONE_SENTENCE];
		struct text text = TEXT(sentence);
		enum zone_result result = zone_cause(&cause, &text);

		cr_assert(result == causes[i].result, "row %zu: %d", i, (int)result);
		cr_assert(strstr(sentence, causes[i].words), "row %zu: %s", i, sentence);
		cr_assert(!strchr(sentence, '{') && !strchr(sentence, '}'), "row %zu: %s", i,
			  sentence);
	}
}

static const struct {
	const char *zone, *domain, *error;
} names[] = {
	{ "example.jp", "example.jp", NULL },
	{ "Example.JP.", "mail.example.jp", NULL },
	{ "example.jp", "badexample.jp", "is not in the zone" },
	{ "example.jp", "jp", "is not in the zone" },
	{ "", "example.jp", "1 to 253" },
	{ "example.jp", "a b.example.jp", "is not the name" },
	{ "example.jp", "a..example.jp", "is not the name" },
};

Test(zone, checks_names_servers_and_the_change_before_anything_is_sent)
{
	struct zone_options options = { 0 };
	struct mx_set one, none = { .ttl = 300 };
	struct tsig_key key = { .secret_len = 1 };
	struct zone *zone;
	struct err err;
	uv_loop_t loop;

	uv_loop_init(&loop);
	options.loop = &loop;
	cr_assert(mx_parse(SPAN("300 1 a.example."), &one, &err) &&
		  key_name(&key, SPAN("k"), &err));
	cr_assert(!zone_new(&options, &err) && strstr(err.text, "has no address"), "%s", err.text);
	cr_assert(zone_address(SPAN("127.0.0.1:9"), &options.primary, &err));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		options.zone = names[i].zone;
		options.domain = names[i].domain;
		zone = zone_new(&options, &err);
		cr_assert(!zone == !!names[i].error, "row %zu", i);
		cr_assert(zone || strstr(err.text, names[i].error), "row %zu: %s", i, err.text);
		zone_free(zone);
	}
	options.zone = options.domain = "example";
	options.checks = ZONE_CHECKS + 1;
	cr_assert(!zone_new(&options, &err) && strstr(err.text, "at most 16"), "%s", err.text);
	options.checks = 0;
	zone = zone_new(&options, &err);
	cr_assert(zone && zone_servers(zone) == 1 && !zone_busy(zone));
	cr_assert(!zone_view(zone, 0)->known && zone_view(zone, 0)->primary);
	cr_assert(!zone_change(zone, &one, &one, &err) && strstr(err.text, "no key"), "%s",
		  err.text);
	zone_free(zone);
	options.key = &key;
	zone = zone_new(&options, &err);
	cr_assert(!zone_change(zone, &one, &none, &err) && strstr(err.text, "never"), "%s",
		  err.text);
	cr_assert(!zone_busy(zone));
	cr_assert(zone_change(zone, &one, &one, &err), "%s", err.text);
	cr_assert(!zone_change(zone, &one, &one, &err) && err.kind == ERR_BUSY, "%s", err.text);
	zone_read(zone);
	zone_read(zone);
	cr_assert(zone_busy(zone));
	zone_free(zone); /* with packets about to go: nothing may leak or call back */
	uv_run(&loop, UV_RUN_DEFAULT);
	cr_assert(uv_loop_close(&loop) == 0);
	for (int i = ZONE_PROVED; i <= ZONE_UNKNOWN; i++)
		cr_assert(strcmp(zone_result_name((enum zone_result)i), "unknown") != 0 ||
			  i == ZONE_UNKNOWN);
}
