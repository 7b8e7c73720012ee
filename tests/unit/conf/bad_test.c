#include "daemon/conf/config.h"

#include "daemon/conf/config_near.h"
#include "daemon/conf/config_table.h"
#include "tests/unit/conf/good.h"

#include <criterion/criterion.h>

#define HEAD 4096

static void
all_problems(const struct parsed *parsed, struct text *text)
{
	for (unsigned i = 0; i < parsed->problems.count; i++)
		text_add(text, "%s%d:%d: %s", i ? " | " : "", parsed->problems.list[i].line,
			 parsed->problems.list[i].col, parsed->problems.list[i].text);
}

static void
expect(const char *yaml, const char *wanted)
{
	struct parsed *parsed = parsed_text(yaml);
	static char said[65536];
	struct text text = TEXT(said);

	all_problems(parsed, &text);
	cr_assert(!parsed->ok, "taken, wanted: %s\n%s", wanted, yaml);
	cr_expect_str_eq(said, wanted, "said:   %s\nwanted: %s\n%s", said, wanted, yaml);
	free(parsed);
}

/* clang-format off */
#define COUNTERS                                                                                                         \
	"counters:\n"                                                                                                    \
	"  - {name: a, mta: mta1.example.jp, loadavg: yes}\n"                                                            \
	"  - {name: b, mta: mta1.example.jp, postfix-spool: /var/spool/postfix}\n"                                       \
	"  - {name: c, mta: mta2.example.jp, push: yes}\n"                                                               \
	"  - {name: d, mta: mta3.example.jp, snmp: 192.0.2.1, secret-file: /x, sets: [host-resources], oids: [up=sysUpTime.0]}\n" \
	"  - {name: e, mta: mta3.example.com, push: yes}\n"
#define THRESHOLD_WRONG(text)                                                                                            \
	"9:11: when names threshold, and there is none, wanted a setting such as threshold: 300/5m"                       \
	" | 10:16: threshold is \"" text "\", wanted bounces in a window of 10s to 1d, such as 300/5m"
static const struct {
	unsigned line; /* of the good configuration; 0: only `add` */
	const char *instead, *add, *problems;
} cases[] = {
	{ 0, NULL, "treshold: 3\n",
	  "17:1: unknown setting \"treshold\"" },
	{ 0, NULL, "stale_after: 5m\n",
	  "17:1: unknown setting \"stale_after\" (did you mean \"stale-after\"?)" },
	{ 0, NULL, "drop: [a.example.jp]\n",
	  "17:1: unknown setting \"drop\", it belongs to domains" },
	{ 8, "    servr: ns1", NULL,
	  "7:5: domains: server is missing, wanted a name of at most 64 letters, digits, '-', '_' or '.'"
	  " | 8:5: unknown setting \"servr\" in domains (did you mean \"server\"?)" },
	{ 4, "    zone: example.jp\n    watch: 5s", NULL,
	  "5:5: unknown setting \"watch\" in servers, it belongs to the top level" },
	{ 8, "    server: ns2", NULL,
	  "8:13: server is \"ns2\", wanted the name of one of the servers (did you mean \"ns1\"?)" },
	{ 8, "    server: primary", NULL,
	  "8:13: server is \"primary\", wanted the name of one of the servers" },
	{ 8, "    server: ns1\n    when: surge and", NULL,
	  "9:11: when: column 10: it ends here, wanted surge, threshold, a counter such as mta1.load1, not or (" },
	{ 8, "    server: ns1\n    when: \"\"", NULL,
	  "9:11: when is empty, wanted a condition such as surge and mta1.load1 > 8" },
	{ 8, "    server: ns1\n    when: mta1.load1 > 8", COUNTERS,
	  "9:11: when: column 1: this could hold without surge and without threshold: counters confirm or hold back "
	  "a split and never decide alone, wanted ... and surge" },
	{ 8, "    server: ns1\n    when: surge and mta9.load1 > 8", COUNTERS,
	  "9:11: when: column 11: 'mta9.load1': no exchanger of that name; there are mta1, mta2, mta3.example.jp, mta3.example.com" },
	{ 8, "    server: ns1\n    when: surge and mta1.load1 > 8", NULL,
	  "9:11: when: column 11: 'mta1.load1': mta1 has no counter load1; it has delay, delay-p90" },
	{ 8, "    server: ns1\n    when: surge and (mta1.load1 > 8 or mta1.laod5 > 8)", COUNTERS,
	  "9:11: when: column 30: 'mta1.laod5': mta1 has no counter laod5; it has load1, load5, load15, incoming, active, "
	  "deferred, hold, maildrop, queue, delay, delay-p90" },
	{ 8, "    server: ns1\n    when: surge and mta3.up > 1 and MTA3.example.JP.up > 1 and MTA2.anything > 1", COUNTERS,
	  "9:11: when: column 11: 'mta3.up': more than one exchanger has that first label; there are mta1, mta2, "
	  "mta3.example.jp, mta3.example.com" },
	{ 8, "    server: ns1\n    when: surge and mta3.example.jp.loops > 1 and mta3.example.jp.cpu > 1", COUNTERS,
	  "9:11: when: column 11: 'mta3.example.jp.loops': mta3.example.jp has no counter loops; it has processes, cpu, "
	  "memory, disk, up" },
	{ 8, "    server: ns1\n    when: threshold", NULL,
	  "9:11: when names threshold, and there is none, wanted a setting such as threshold: 300/5m" },
	{ 8, "    server: ns1\n    threshold: 300/5m", NULL,
	  "9:16: threshold is of no use, for when does not name it, wanted when: threshold or when: surge or threshold" },
	{ 8, "    server: ns1\n    when: threshold\n    threshold: 300/1m", NULL,
	  "10:16: threshold has a window of 1m, wanted at least stale-after, which is 2m: lines that come late count as if "
	  "they had come at once" },
	{ 8, "    server: ns1\n    when: threshold\n    threshold: 300/5m\n    threshold-leave: 300", NULL,
	  "11:22: threshold-leave is 300, wanted less than threshold, which is 300" },
	{ 8, "    server: ns1\n    threshold-leave: 300", NULL,
	  "9:22: threshold-leave stands without a threshold" },
	{ 8, "    server: ns1\n    when: threshold\n    threshold: 300", NULL, THRESHOLD_WRONG("300") },
	{ 8, "    server: ns1\n    when: threshold\n    threshold: 0/5m", NULL, THRESHOLD_WRONG("0/5m") },
	{ 8, "    server: ns1\n    when: threshold\n    threshold: 300/9s", NULL, THRESHOLD_WRONG("300/9s") },
	{ 8, "    server: ns1\n    when: threshold\n    threshold: 300/25h", NULL, THRESHOLD_WRONG("300/25h") },
	{ 8, "    server: ns1\n    when: threshold\n    threshold: 300/5", NULL, THRESHOLD_WRONG("300/5") },
	{ 8, "    server: ns1\n    when: [surge]", NULL,
	  "9:11: when is a list, wanted a condition such as surge and mta1.load1 > 8" },
	{ 0, NULL, "counters:\n  - name: a\n    mta: a.example.jp\n",
	  "18:11: counters: no way that they come, wanted exactly one of snmp, postfix-spool, loadavg and push" },
	{ 0, NULL, "counters:\n  - name: a\n    mta: a.example.jp\n    push: yes\n    loadavg: yes\n",
	  "18:11: counters: more than one way, wanted exactly one of snmp, postfix-spool, loadavg and push" },
	{ 0, NULL, "counters:\n  - name: a\n    mta: a.example.jp\n    snmp: 192.0.2.1\n",
	  "20:11: counters: secret-file is missing, wanted an absolute path such as /etc/mxsplit/x" },
	{ 0, NULL, "counters:\n  - name: a\n    mta: a.example.jp\n    push: yes\n    sets: [mta-mip]\n",
	  "21:12: sets is \"mta-mip\", wanted ucd-load, host-resources or mta-mib (did you mean \"mta-mib\"?)" },
	{ 0, NULL, "probe-at: [mta2.example.jp]\n",
	  "17:12: probe-at is \"mta2.example.jp\", wanted HOST=ADDRESS such as mta2.example.jp=192.0.2.26 or \"mta2.example.jp=[2001:db8::26]:25\"" },
	{ 0, NULL, "counters:\n  - name: a\n    mta: a.example.jp\n    push: yes\n    oids: [queue=1.3]\n",
	  "21:12: oids is \"queue=1.3\", wanted name=OID such as queue=mtaStoredMessages.1 or load=1.3.6.1.4.1.2021.10.1.5.1" },
	{ 0, NULL, "counters:\n  - name: a\n    mta: a.example.jp\n    push: yes\n    oids: [q=1.3.6, q=1.3.7]\n",
	  "21:11: oids has the name q twice, wanted it once" },
	{ 0, NULL, "counters:\n  - name: a\n    mta: a.example.jp\n    push: yes\n    snmp: mta1.example.jp\n",
	  "21:11: snmp is \"mta1.example.jp\", wanted an IP address such as 192.0.2.53 or \"[2001:db8::53]:53\"" },
	{ 0, NULL, "watch: 5parsec\n",
	  "17:8: watch is \"5parsec\", wanted a duration such as 300s, 5m, 12h or 7d" },
	{ 0, NULL, "watch: 2d\n", "17:8: watch is \"2d\", wanted 1s to 1d" },
	{ 0, NULL, "watch: 60\n",
	  "17:8: watch is \"60\", wanted a duration such as 300s, 5m, 12h or 7d" },
	{ 0, NULL, "watch:\n",
	  "17:1: watch is empty, wanted a duration such as 300s, 5m, 12h or 7d" },
	{ 0, NULL, "watch: [60s]\n",
	  "17:8: watch is a list, wanted a duration such as 300s, 5m, 12h or 7d" },
	{ 0, NULL, "watch: {a: b}\n",
	  "17:8: watch is a group of settings, wanted a duration such as 300s, 5m, 12h or 7d" },
	{ 0, NULL, "watch: 60s\nwatch: 61s\n", "18:1: watch was already given at line 17" },
	{ 0, NULL, "domains: []\n", "17:1: domains was already given at line 6" },
	{ 0, NULL, "keep-journal: 999\n", "17:15: keep-journal is \"999\", wanted 1000 to 10000000" },
	{ 0, NULL, "keep-journal: many\n", "17:15: keep-journal is \"many\", wanted a number" },
	{ 0, NULL, "listen: 127.0.0.1:8053\n",
	  "17:9: listen is \"127.0.0.1:8053\", wanted a list such as [a, b]" },
	{ 0, NULL, "listen: [\"localhost:8053\"]\n",
	  "17:10: listen is \"localhost:8053\", wanted an IP address with port such as 127.0.0.1:8053 or tls:192.0.2.1:8443, or unix:/path" },
	{ 0, NULL, "listen: [\"::1\"]\n",
	  "17:10: listen is \"::1\", wanted an IP address with port such as 127.0.0.1:8053 or tls:192.0.2.1:8443, or unix:/path" },
	{ 0, NULL, "listen: [\"127.0.0.1:1\", \"127.0.0.1:2\", \"127.0.0.1:1\"]\n",
	  "17:40: listen has 127.0.0.1:1 twice, wanted it once" },
	{ 0, NULL, "tokens: tokens\n",
	  "17:9: tokens is \"tokens\", wanted an absolute path such as /etc/mxsplit/x" },
	{ 2, "  - name: ns 1", NULL,
	  "2:11: name is \"ns 1\", wanted a name of at most 64 letters, digits, '-', '_' or '.'"
	  " | 8:13: server is \"ns1\", wanted the name of one of the servers" },
	{ 3, "    address: 192.0.2.53.1", NULL,
	  "3:14: address is \"192.0.2.53.1\", wanted an IP address such as 192.0.2.53 or \"[2001:db8::53]:53\"" },
	{ 3, "    address: [[2001:db8::53]]", NULL,
	  "3:15: address is a list, wanted an IP address such as 192.0.2.53 or \"[2001:db8::53]:53\"" },
	{ 4, "    zone: example.com", NULL,
	  "7:11: domain \"example.jp.\" is not in zone \"example.com.\" of server ns1" },
	{ 4, "    zone: ample.jp", NULL,
	  "7:11: domain \"example.jp.\" is not in zone \"ample.jp.\" of server ns1" },
	{ 3, "    address: [192.0.2.1, 192.0.2.2, 192.0.2.3, 192.0.2.4, 192.0.2.5]", NULL,
	  "3:59: address has 5 entries, wanted at most 4" },
	{ 3, "    address: [192.0.2.1, \"192.0.2.1:53\"]", NULL,
	  "3:26: address has 192.0.2.1:53 twice, wanted it once" },
	{ 5, "    key-file: /a\n    bind: 192.0.2.9:53", NULL,
	  "6:11: bind is \"192.0.2.9:53\", wanted an IP address without a port such as 192.0.2.9 or "
	  "\"2001:db8::9\"" },
	{ 5, "    key-file: ns1.key", NULL,
	  "5:15: key-file is \"ns1.key\", wanted an absolute path such as /etc/mxsplit/x" },
	{ 5, NULL, NULL,
	  "2:5: servers: key-file is missing, wanted an absolute path such as /etc/mxsplit/x" },
	{ 5, "    key-file: /a\n    check: [192.0.2.1, \"192.0.2.1:53\"]", NULL,
	  "6:24: check has 192.0.2.1:53 twice, wanted it once" },
	{ 5, "    key-file: /a\n    tcp: maybe", NULL, "6:10: tcp is \"maybe\", wanted yes or no" },
	{ 7, "  - name: exa mple", NULL,
	  "7:11: name is \"exa mple\", wanted a domain name such as example.jp" },
	{ 8, "    server: ns1\n    mode: obsrve", NULL,
	  "9:11: mode is \"obsrve\", wanted observe, auto or manual (did you mean \"observe\"?)" },
	{ 8, "    server: ns1\n    mode: on", NULL,
	  "9:11: mode is \"on\", wanted observe, auto or manual" },
	{ 8, "    server: ns1\n    mode:", NULL,
	  "9:5: mode is empty, wanted observe, auto or manual" },
	{ 9, "    drop: mta1.example.jp", NULL,
	  "9:11: drop is \"mta1.example.jp\", wanted a list such as [mta1.example.jp]" },
	{ 9, "    drop: []", NULL, "9:11: drop is empty, wanted at least one entry" },
	{ 9, "    drop: [mta1.example.jp, MTA1.example.jp.]", NULL,
	  "9:29: drop has mta1.example.jp. twice, wanted it once" },
	{ 9, "    drop: [mta1]", NULL,
	  "9:12: drop is \"mta1\", wanted a host name such as mta1.example.jp" },
	{ 9, "    drop: [192.0.2.1]", NULL,
	  "9:12: drop is \"192.0.2.1\", wanted a host name such as mta1.example.jp" },
	{ 9, "    drop: [a.b, b.b, c.b, d.b, e.b, f.b, g.b, h.b, i.b]", NULL,
	  "9:52: drop has 9 entries, wanted at most 8" },
	{ 9, "    drop: [a.b]\n    min-split: 2h\n    max-split: 1h", NULL,
	  "10:16: min-split is 2h, wanted at most max-split, which is 1h" },
	{ 9, "    drop: [a.b]\n    max-split: 10m", NULL,
	  "7:5: min-split is 30m, wanted at most max-split, which is 10m" },
	{ 9, "    drop: [a.b]\n    retry-first: 1h", NULL,
	  "10:18: retry-first is 1h, wanted at most retry-max, which is 15m" },
	{ 9, "    drop: [a.b]\n  - name: EXAMPLE.JP.\n    server: ns1\n    drop: [a.b]", NULL,
	  "10:11: domain \"example.jp.\" was already given at line 7" },
	{ 10, "sources: none", "s:\n",
	  "10:10: not YAML: invalid multiline plain key" },
	{ 13, NULL, NULL,
	  "11:5: sources: follow is missing, wanted an absolute path such as /etc/mxsplit/x, or "
	  "syslog-udp, or syslog-tcp, or syslog-unix, or journal, or stdin" },
	{ 13, "    follow: /a\n    syslog-udp: 127.0.0.1:514", NULL,
	  "14:17: syslog-udp stands beside follow, wanted one way in a source" },
	{ 13, "    journal: yes\n    stdin: yes\n    follow: /a", NULL,
	  "13:14: journal stands beside follow, wanted one way in a source | "
	  "14:12: stdin stands beside follow, wanted one way in a source" },
	{ 13, "    stdin: no", NULL,
	  "13:12: stdin is not used, and there is no other way in" },
	{ 13, "    syslog-tcp: localhost:514", NULL,
	  "13:17: syslog-tcp is \"localhost:514\", wanted an IP address such as 192.0.2.53 or "
	  "\"[2001:db8::53]:53\"" },
	{ 13, "    syslog-udp: 192.0.2.1\n  - name: two\n    mta: a.b\n    syslog-udp: "
	      "\"192.0.2.1:514\"", NULL,
	  "16:17: syslog-udp \"192.0.2.1:514\" was already given at line 13" },
	{ 13, "    stdin: yes\n  - name: two\n    mta: a.b\n    stdin: yes", NULL,
	  "16:12: stdin \"standard input\" was already given at line 13" },
	{ 13, "    journal: yes\n    journal-match: [mail]", NULL,
	  "14:21: journal-match is \"mail\", wanted FIELD=VALUE such as SYSLOG_FACILITY=2" },
	{ 13, "    follow: /a\n    zone: Tokyo!", NULL,
	  "14:11: zone is \"Tokyo!\", wanted local, UTC, +09:00 or a name such as Europe/Berlin" },
	{ 13, "    follow: /a\n    max-line: 1M", NULL,
	  "14:15: max-line is \"1M\", wanted 1k to 64k" },
	{ 13, "    follow: /a\n  - name: two\n    mta: a.b\n    follow: /a", NULL,
	  "16:13: file \"/a\" was already given at line 13" },
	{ 13, "    follow: /a\n  - name: mta1-log\n    mta: a.b\n    follow: /b", NULL,
	  "14:11: source \"mta1-log\" was already given at line 11" },
	{ 16, "    run: [page]", NULL,
	  "16:11: run begins with \"page\", wanted a program's absolute path" },
	{ 16, "    run: /bin/page", NULL,
	  "16:10: run is \"/bin/page\", wanted a list such as [/etc/mxsplit/hooks/page]" },
	{ 16, "    url: ftp://example.jp/", NULL,
	  "16:10: url is \"ftp://example.jp/\", wanted an address such as https://alerts.example.jp/mxsplit, without a user" },
	{ 16, "    url: https://me:word@example.jp/", NULL,
	  "16:10: url is \"https://me:word@example.jp/\", wanted an address such as https://alerts.example.jp/mxsplit, without a user" },
	{ 16, "    url: https:///x", NULL,
	  "16:10: url is \"https:///x\", wanted an address such as https://alerts.example.jp/mxsplit, without a user" },
	{ 16, "    url: http://example.jp/", NULL,
	  "16:10: url is not encrypted and goes to another machine, wanted https://, or plain-http: yes" },
	{ 16, "    url: http://localhost.example.jp/", NULL,
	  "16:10: url is not encrypted and goes to another machine, wanted https://, or plain-http: yes" },
	{ 16, "    url: https://example.jp/\n    run: [/a]", NULL,
	  "16:10: url stands beside run, wanted one way in a hook" },
	{ 16, "    url: https://example.jp/\n    format: xml", NULL,
	  "17:13: format is \"xml\", wanted json, alertmanager, slack or pagerduty" },
	{ 16, "    url: https://example.jp/\n    format: pagerduty", NULL,
	  "15:11: hooks: secret-file is missing, wanted the file with the routing key" },
	{ 16, "    url: https://example.jp/\n    format: alertmanager\n    on: [surge]", NULL,
	  "18:9: on has surge without calm: alertmanager would never hear that it is over" },
	{ 16, "    trap: 192.0.2.1", NULL,
	  "16:11: trap: secret-file is missing, wanted a community or a user" },
	{ 16, "    run: [/a]\n    trap: 192.0.2.1\n    secret-file: /b", NULL,
	  "17:11: trap stands beside run, wanted one way in a hook"
	  " | 18:18: secret-file is of no use to a program, wanted it beside url or trap" },
	{ 16, "    run: [/a]\n    secret-file: /b", NULL,
	  "17:18: secret-file is of no use to a program, wanted it beside url or trap" },
	{ 16, "    run: [/a]\n    on: [splitt]", NULL,
	  "17:10: on is \"splitt\", wanted start, surge, calm, decision, update, split, restore, drift, failure, override or source (did you mean \"split\"?)" },
	{ 16, "    run: [/a]\n    timeout: 0s", NULL, "17:14: timeout is \"0s\", wanted 1s to 1h" },
	{ 16, "    run: [/a]\n  - page", NULL,
	  "17:5: hooks: this is \"page\", wanted settings, each as name: value" },
	{ 16, "    run: [/a]\n    [a]: b", NULL,
	  "17:5: this is a list, wanted the name of a setting" },
	{ 0, NULL, "allow-origins: [\"*\"]\n",
	  "17:17: allow-origins is \"*\", wanted an origin such as https://dashboard.example.jp or http://192.0.2.9:8080, without a path" },
	{ 0, NULL, "allow-origins: a.jp\n",
	  "17:16: allow-origins is \"a.jp\", wanted an origin such as https://dashboard.example.jp or http://192.0.2.9:8080, without a path" },
	{ 0, NULL, "allow-origins: [https://a.jp, \"https://A.jp:443\"]\n",
	  "17:31: allow-origins has https://a.jp twice, wanted it once" },
	/* several at once, in the order of the file */
	{ 3, "    address: here\n    tcp: 7", "watch: soon\n",
	  "3:14: address is \"here\", wanted an IP address such as 192.0.2.53 or \"[2001:db8::53]:53\""
	  " | 4:10: tcp is \"7\", wanted yes or no"
	  " | 18:8: watch is \"soon\", wanted a duration such as 300s, 5m, 12h or 7d" },
	/* what YAML has and we do not */
	{ 8, "    server: &x ns1", NULL,
	  "8:16: an anchor (&) is not taken here, wanted the value written out" },
	{ 8, "    server: *x", NULL, "8:13: an alias (*) is not taken here, wanted the value written out" },
	{ 8, "    <<: {server: ns1}", NULL,
	  "7:5: domains: server is missing, wanted a name of at most 64 letters, digits, '-', '_' or '.'"
	  " | 8:5: unknown setting \"<<\" in domains" },
	{ 8, "    server: !!str ns1", NULL, "8:19: a tag (!) is not taken here, wanted the plain value" },
	{ 0, NULL, "---\nwatch: 1s\n", "17:1: a second document begins here, wanted only one" },
	{ 0, NULL, "watch: [[[[[[[[[[1]]]]]]]]]]\n", "17:15: nested too deeply, wanted at most 8 levels" },
	/* text */
	{ 8, "    server: \"ns1", NULL, "8:13: not YAML: wrongly indented double-quoted scalar" },
	{ 8, "\tserver: ns1", NULL, "8:2: not YAML: invalid tab used as indentation" },
	{ 3, "    address: [2001:db8::53]:5353", NULL,
	  "3:28: not YAML: invalid value after mapping (an address that begins with [ needs \"quotes\")" },
	{ 0, NULL, "# \xff\n", "17:3: a byte that is not text, wanted UTF-8" },
	{ 0, NULL, "watch: \"\xe2\x82\xac\x1b[0m\"\n", "17:10: a byte that is not text, wanted UTF-8" },
	{ 0, NULL, "watch: 5m\r\n",
	  "17:10: a carriage return, wanted lines that end with a newline alone" },
	{ 0, NULL, "%YAML 1.2\n", "17:1: a directive, wanted settings alone" },
	{ 0, NULL, "? watch\n",
	  "17:1: a '?' that stands alone, wanted 'setting: value'" },
	{ 0, NULL, "  - :\n", "17:5: a ':' that stands alone, wanted 'setting: value'" },
	{ 0, NULL, "a: [b, ? c]\n", "17:8: a '?' that stands alone, wanted 'setting: value'" },
	{ 0, NULL, "a: \t? # why\n", "17:5: a '?' that stands alone, wanted 'setting: value'" },
	{ 0, NULL, "# why: ? and {: }\na: [: b]\n", "18:5: a ':' that stands alone, wanted 'setting: value'" },
	{ 0, NULL, "watch: \"\\x1b\\e[31m\"\n",
	  "17:8: watch is \"\xef\xbf\xbd\xef\xbf\xbd[31m\", wanted a duration such as 300s, 5m, 12h or 7d" },
};
/* clang-format on */

Test(bad, each_fault_is_named_with_its_place)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *yaml = good_with(good, cases[i].line, cases[i].instead, cases[i].add);

		expect(yaml, cases[i].problems);
		free(yaml);
	}
}

Test(bad, whole_files_that_are_none)
{
	static const struct {
		const char *yaml, *problems;
	} files[] = {
		{ "",
		  "1:1: the file is empty, wanted settings (mxsplitd --print-config shows them)" },
		{ "# nothing\n",
		  "1:1: the file is empty, wanted settings (mxsplitd --print-config shows them)" },
		{ "hello\n", "1:1: this is \"hello\", wanted settings, each as name: value" },
		{ "- a\n", "1:1: this is a list, wanted settings, each as name: value" },
		{ "{}\n", "1:1: servers is missing, wanted a list, each entry with a name | "
			  "1:1: domains is missing, wanted a list, each entry with a name" },
		{ "servers: []\ndomains: []\n",
		  "1:10: servers is empty, wanted at least one entry | "
		  "2:10: domains is empty, wanted at least one entry" },
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		expect(files[i].yaml, files[i].problems);
}

/* The lines of the sample that hold a setting, in the table's order. */
struct sample {
	char *text;
	unsigned count;
	struct {
		const struct config_setting *row;
		unsigned line;
		int key, value;	 /* columns */
		char head[HEAD]; /* indent and name */
	} lines[128];
};

static struct sample *
sample_open(void)
{
	struct sample *sample = calloc(1, sizeof(*sample));
	size_t size;
	FILE *file = open_memstream(&sample->text, &size);
	unsigned row = 0, line = 1;

	config_print_sample(file);
	fclose(file);
	for (const char *at = sample->text; *at; at = strchr(at, '\n') + 1, line++) {
		size_t indent = strspn(at, " -");
		const char *colon;

		if (at[indent] == '#' || at[indent] == '\n')
			continue;
		while (config_table[row].instead)
			row++;
		colon = strchr(at, ':');
		cr_assert(span_equal((struct span){ at + indent, (size_t)(colon - at) - indent },
				     span_of(config_table[row].name)));
		sample->lines[sample->count].row = &config_table[row++];
		sample->lines[sample->count].line = line;
		sample->lines[sample->count].key = (int)indent + 1;
		sample->lines[sample->count].value = (int)(colon - at) + 3;
		snprintf(sample->lines[sample->count++].head, HEAD, "%.*s", (int)(colon - at), at);
	}
	return sample;
}

/* Parses the sample with one line changed; it must be refused, at that place, with that sentence.
 */
static void
mutate(const struct sample *sample, unsigned index, const char *instead, int extra_line, int col,
       const char *begins)
{
	char *yaml = good_with(sample->text, sample->lines[index].line, instead, NULL);
	struct parsed *parsed = parsed_text(yaml);
	bool found = false;

	cr_assert(!parsed->ok, "%s", instead);
	for (unsigned i = 0; i < parsed->problems.count; i++)
		found = found ||
			(parsed->problems.list[i].line ==
				 (int)sample->lines[index].line + extra_line &&
			 parsed->problems.list[i].col == col &&
			 strncmp(parsed->problems.list[i].text, begins, strlen(begins)) == 0);
	cr_assert(found, "%s: wanted column %d: %s, got %d:%d: %s", instead, col, begins,
		  parsed->problems.list[0].line, parsed->problems.list[0].col,
		  parsed->problems.list[0].text);
	free(yaml);
	free(parsed);
}

/*
 * For every setting: its value a group, its value empty, its name misspelled, the setting twice.
 */
Test(bad, every_setting_refuses_what_it_cannot_be)
{
	struct sample *sample = sample_open();
	unsigned refused = 0;

	for (unsigned i = 0; i < sample->count; i++) {
		const struct config_setting *row = sample->lines[i].row;
		char instead[3 * HEAD], begins[512];

		if (row->type == CONFIG_TYPE_SECTION)
			continue;
		snprintf(instead, sizeof(instead), "%s: {a: b}", sample->lines[i].head);
		snprintf(begins, sizeof(begins), "%s is a group of settings, wanted ", row->name);
		mutate(sample, i, instead, 0, sample->lines[i].value, begins);
		snprintf(instead, sizeof(instead), "%s:", sample->lines[i].head);
		snprintf(begins, sizeof(begins), "%s is empty, wanted ", row->name);
		mutate(sample, i, instead, 0, sample->lines[i].key, begins);
		snprintf(instead, sizeof(instead), "%s%c: 1", sample->lines[i].head, 'x');
		snprintf(begins, sizeof(begins), "unknown setting \"%sx\"", row->name);
		mutate(sample, i, instead, 0, sample->lines[i].key, begins);
		snprintf(instead, sizeof(instead), "%s: 1\n%*s%s: 2", sample->lines[i].head,
			 sample->lines[i].key - 1, "", row->name);
		snprintf(begins, sizeof(begins), "%s was already given at line %u", row->name,
			 sample->lines[i].line);
		mutate(sample, i, instead, 1, sample->lines[i].key, begins);
		refused += 4;
	}
	cr_assert(refused >= 140, "%u", refused);
	free(sample->text);
	free(sample);
}

Test(bad, lists_of_sections_have_a_limit_and_problems_too)
{
	char *out = NULL;
	size_t size;
	FILE *file = open_memstream(&out, &size);
	struct parsed *parsed;

	fputs("servers:\n  - {name: a, address: 192.0.2.1, zone: jp, key-file: /k}\ndomains:\n",
	      file);
	for (unsigned i = 0; i < CONFIG_DOMAINS; i++)
		fprintf(file, "  - {name: d%u.jp, server: a, drop: [a.d%u.jp]}\n", i, i);
	fflush(file);
	parsed = parsed_text(out);
	cr_assert(parsed->ok, "%s", parsed->problems.list[0].text);
	cr_assert_eq(parsed->config.domain_count, CONFIG_DOMAINS);
	free(parsed);
	fputs("  - {name: x.jp, server: a, drop: [a.x.jp]}\n", file);
	fflush(file);
	expect(out, "68:5: domains has 65 entries, wanted at most 64");
	for (unsigned i = 0; i < 2 * CONFIG_PROBLEMS; i++)
		fprintf(file, "unknown%u: 1\n", i);
	fclose(file);
	parsed = parsed_text(out);
	cr_assert_eq(parsed->problems.count, CONFIG_PROBLEMS);
	cr_assert(parsed->problems.more);
	free(parsed);
	free(out);
}

Test(bad, a_refused_file_leaves_the_old_one_alone)
{
	struct parsed *parsed = parsed_text(good);
	struct config *before = malloc(sizeof(*before));

	cr_assert(parsed->ok);
	memcpy(before, &parsed->config, sizeof(*before));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *yaml = good_with(good, cases[i].line, cases[i].instead, cases[i].add);

		cr_assert(!config_parse(span_of(yaml), &parsed->config, &parsed->problems));
		cr_assert_eq(memcmp(before, &parsed->config, sizeof(*before)), 0, "case %zu", i);
		free(yaml);
	}
	free(before);
	free(parsed);
}
