#include "daemon/conf/config_table.h"

#include "daemon/conf/config_value.h"
#include "daemon/core/decide.h"

#include <assert.h>
#include <stddef.h>

#define MINUTE 60
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define SYSLOG 514 /* RFC 5426; in use for TCP as well */

#define ONE(type, member)                                                                          \
	.offset = offsetof(struct type, member), .size = sizeof(((struct type *)0)->member)
#define LIST(type, member, counter)                                                                \
	.offset = offsetof(struct type, member), .size = sizeof(((struct type *)0)->member[0]),    \
	.entries = sizeof(((struct type *)0)->member) / sizeof(((struct type *)0)->member[0]),     \
	.count_offset = offsetof(struct type, counter)

/* In the order of the sample file. */
const struct config_setting config_table[] = {
	{ CONFIG_TOP, "database", CONFIG_TYPE_PATH, ONE(config, database), .at_start = true,
	  .preset = "/var/lib/mxsplit/mxsplit.db",
	  .sentence =
		  "Counts, journal and saved MX sets; the directory must be the daemon's own." },
	{ CONFIG_TOP, "listen", CONFIG_TYPE_LISTEN, LIST(config, listen, listen_count),
	  .at_start = true, .preset = "127.0.0.1:8053, unix:/run/mxsplit/api.sock",
	  .sentence = "Where the API answers." },
	{ CONFIG_TOP, "socket-mode", CONFIG_TYPE_RIGHTS, ONE(config, socket_mode), .at_start = true,
	  .preset = "0660",
	  .sentence =
		  "Of the unix socket: who writes to it may read the state, and orders nothing." },
	{ CONFIG_TOP, "tls-cert", CONFIG_TYPE_PATH, ONE(config, tls_cert),
	  .sample = "/etc/mxsplit/tls.crt",
	  .sentence = "For listen: \"tls:192.0.2.1:8443\", the certificate and its chain, PEM." },
	{ CONFIG_TOP, "tls-key", CONFIG_TYPE_PATH, ONE(config, tls_key),
	  .sample = "/etc/mxsplit/tls.key", .sentence = "And its key, PEM, mode 600." },
	{ CONFIG_TOP, "known-as", CONFIG_TYPE_MAIL_DOMAIN, LIST(config, known_as, known_as_count),
	  .at_start = true, .sample = "[mxsplit.example.jp]",
	  .sentence =
		  "Names under which browsers may ask for it, beside addresses and localhost." },
	{ CONFIG_TOP, "allow-origins", CONFIG_TYPE_ORIGIN,
	  LIST(config, allow_origins, allow_origin_count), .alone = true, .sample = "[]",
	  .sentence =
		  "Origins, such as \"https://dashboard.example.jp\", whose pages may use the API "
		  "(CORS)." },
	{ CONFIG_TOP, "tokens", CONFIG_TYPE_PATH, ONE(config, tokens),
	  .preset = "/etc/mxsplit/tokens",
	  .sentence = "Hashes of the API's tokens, made by mxsplitctl token add." },
	{ CONFIG_TOP, "stale-after", CONFIG_TYPE_DURATION, ONE(config, stale_after), .least = 1,
	  .most = 7 * DAY, .preset = "2m",
	  .sentence = "Log lines older than this are history: counted, but no reason to act." },
	{ CONFIG_TOP, "silent-after", CONFIG_TYPE_DURATION, ONE(config, silent_after), .least = 1,
	  .most = 7 * DAY, .preset = "5m",
	  .sentence = "A source without a line for so long is silent, and detection on it rests." },
	{ CONFIG_TOP, "watch", CONFIG_TYPE_DURATION, ONE(config, watch), .least = 1, .most = DAY,
	  .preset = "60s", .sentence = "How often every name server is asked what it shows." },
	{ CONFIG_TOP, "probe", CONFIG_TYPE_DURATION, ONE(config, probe), .most = HOUR,
	  .preset = "60s",
	  .sentence = "How often each exchanger is asked by SMTP whether it answers (0s: never)." },
	{ CONFIG_TOP, "probe-at", CONFIG_TYPE_PLACE, LIST(config, probe_at, probe_at_count),
	  .least = 25, .sample = "[\"mta2.example.jp=192.0.2.26\"]",
	  .sentence = "Where an exchanger is asked, if not at its own address and port 25." },
	{ CONFIG_TOP, "keep-minutes", CONFIG_TYPE_DURATION, ONE(config, keep_minutes), .least = DAY,
	  .most = 3660 * DAY, .preset = "14d",
	  .sentence = "How long counts are kept by the minute; then they become hours." },
	{ CONFIG_TOP, "keep-hours", CONFIG_TYPE_DURATION, ONE(config, keep_hours), .least = DAY,
	  .most = 3660 * DAY, .preset = "730d",
	  .sentence = "How long counts are kept by the hour." },
	{ CONFIG_TOP, "keep-journal", CONFIG_TYPE_COUNT, ONE(config, keep_journal), .least = 1000,
	  .most = 10000000, .preset = "100000",
	  .sentence = "How many entries of the journal are kept." },

	{ CONFIG_TOP, "servers", CONFIG_TYPE_SECTION, true, LIST(config, servers, server_count),
	  .inner = CONFIG_SERVER, .sentence = "Primary name servers that take our updates." },
	{ CONFIG_SERVER, "name", CONFIG_TYPE_WORD, true, ONE(config_server, name), .sample = "ns1",
	  .sentence = "Your name for it." },
	{ CONFIG_SERVER, "address", CONFIG_TYPE_ADDRESS, true,
	  LIST(config_server, address, address_count), .alone = true, .sample = "192.0.2.53",
	  .sentence = "Its IP address; with another port: \"[2001:db8::53]:5353\" in quotes; "
		      "several, in brackets, are tried in order." },
	{ CONFIG_SERVER, "zone", CONFIG_TYPE_NAME, true, ONE(config_server, zone),
	  .sample = "example.jp", .sentence = "The zone that holds the domain's MX records." },
	{ CONFIG_SERVER, "key-file", CONFIG_TYPE_PATH, true,
	  LIST(config_server, key_file, key_count), .alone = true, .sample = "/etc/mxsplit/ns1.key",
	  .sentence = "A BIND or Knot key clause with the TSIG key, mode 600; two, in brackets, "
		      "while keys are changed." },
	{ CONFIG_SERVER, "bind", CONFIG_TYPE_OWN_ADDRESS, LIST(config_server, bind, bind_count),
	  .alone = true, .sample = "192.0.2.9",
	  .sentence = "Our address that it is asked from; one of IPv4, one of IPv6 (the system's "
		      "choice if left out)." },
	{ CONFIG_SERVER, "check", CONFIG_TYPE_ADDRESS, LIST(config_server, check, check_count),
	  .sample = "[\"198.51.100.53:53\"]",
	  .sentence = "Further authoritative servers that must show a change (none if left out)." },
	{ CONFIG_SERVER, "check-ns", CONFIG_TYPE_FLAG, ONE(config_server, check_ns), .preset = "no",
	  .sentence =
		  "And the name servers of the zone's NS RRset, looked up each hour: yes or no." },
	{ CONFIG_SERVER, "tcp", CONFIG_TYPE_FLAG, ONE(config_server, tcp), .preset = "no",
	  .sentence = "Use TCP from the start: yes or no (UDP, and TCP where it must be)." },
	{ CONFIG_SERVER, "sign-reads", CONFIG_TYPE_FLAG, ONE(config_server, sign_reads),
	  .preset = "no",
	  .sentence = "Sign the questions to the primary, too: yes or no. For views by key." },
	{ CONFIG_SERVER, "timeout", CONFIG_TYPE_DURATION, ONE(config_server, timeout), .least = 1,
	  .most = MINUTE, .preset = "5s", .sentence = "How long one answer may take." },
	{ CONFIG_SERVER, "prove", CONFIG_TYPE_DURATION, ONE(config_server, prove), .least = 1,
	  .most = HOUR, .preset = "2m",
	  .sentence =
		  "How long until all servers must show a change; then the late ones are named." },

	{ CONFIG_TOP, "domains", CONFIG_TYPE_SECTION, true, LIST(config, domains, domain_count),
	  .inner = CONFIG_DOMAIN, .sentence = "The mail domains to protect." },
	{ CONFIG_DOMAIN, "name", CONFIG_TYPE_NAME, true, ONE(config_domain, name),
	  .sample = "example.jp", .sentence = "The part behind the @." },
	{ CONFIG_DOMAIN, "server", CONFIG_TYPE_WORD, true, ONE(config_domain, server_name),
	  .sample = "ns1", .sentence = "The name of one of the servers above." },
	{ CONFIG_DOMAIN, "mode", CONFIG_TYPE_MODE, ONE(config_domain, mode), .preset = "observe",
	  .sentence = "observe only says what it would do, auto acts, manual obeys orders." },
	{ CONFIG_DOMAIN, "drop", CONFIG_TYPE_HOST, true, LIST(config_domain, drop, drop_count),
	  .sample = "[mta1.example.jp]", .sentence = "The mail exchangers that a split removes." },
	{ CONFIG_DOMAIN, "normal", CONFIG_TYPE_MX, ONE(config_domain, normal),
	  .sample = "\"86400 10 mta1.example.jp 20 mta2.example.jp\"",
	  .sentence = "For restore --from-config alone, when the database is lost: TTL, then "
		      "preference and name of each record of the normal set." },
	{ CONFIG_DOMAIN, "split-ttl", CONFIG_TYPE_DURATION, ONE(config_domain, split_ttl),
	  .least = 1, .most = DAY, .preset = "5m",
	  .sentence = "TTL of the MX records during a split." },
	{ CONFIG_DOMAIN, "min-split", CONFIG_TYPE_DURATION, ONE(config_domain, min_split),
	  .most = 30 * DAY, .preset = "30m", .sentence = "A split lasts at least so long." },
	{ CONFIG_DOMAIN, "calm", CONFIG_TYPE_DURATION, ONE(config_domain, calm), .most = 7 * DAY,
	  .preset = "30m",
	  .sentence = "Calm before the restore; doubles with each further split in a day." },
	{ CONFIG_DOMAIN, "max-split", CONFIG_TYPE_DURATION, ONE(config_domain, max_split),
	  .least = 1, .most = 90 * DAY, .preset = "24h",
	  .sentence = "A split lasts at most so long." },
	{ CONFIG_DOMAIN, "splits-a-day", CONFIG_TYPE_COUNT, ONE(config_domain, splits_a_day),
	  .least = 1, .most = DECIDE_SPLITS, .preset = "4",
	  .sentence = "More splits in 24 hours need a person." },
	{ CONFIG_DOMAIN, "warm-up", CONFIG_TYPE_DURATION, ONE(config_domain, warm_up),
	  .most = 30 * DAY, .preset = "24h",
	  .sentence =
		  "No own split so soon after the normal set was first seen: caches must fill." },
	{ CONFIG_DOMAIN, "least-excess", CONFIG_TYPE_DECIMAL, ONE(config_domain, least_excess),
	  .least = 1, .most = 1000000, .preset = "150",
	  .sentence = "A surge has so many bounces above the expectation that last, or more." },
	{ CONFIG_DOMAIN, "prior-rate", CONFIG_TYPE_DECIMAL, ONE(config_domain, prior_rate),
	  .most = 1000000, .preset = "1",
	  .sentence = "Bounces a minute that are expected before any were counted." },
	{ CONFIG_DOMAIN, "quiet", CONFIG_TYPE_DURATION, ONE(config_domain, quiet), .most = 7 * DAY,
	  .preset = "90m",
	  .sentence = "Quiet for so long, and the detector says that a surge is over." },
	{ CONFIG_DOMAIN, "when", CONFIG_TYPE_CONDITION, ONE(config_domain, when), .preset = "surge",
	  .sentence = "The condition for a split: surge, threshold, counters; see docs/rules.md." },
	{ CONFIG_DOMAIN, "threshold", CONFIG_TYPE_THRESHOLD, ONE(config_domain, threshold),
	  .sample = "300/5m", .instead = "when",
	  .sentence = "So many bounces in a window, for when: threshold (none if left out)." },
	{ CONFIG_DOMAIN, "threshold-leave", CONFIG_TYPE_COUNT, ONE(config_domain, threshold_leave),
	  .least = 1, .most = THRESHOLD_COUNT_MOST, .sample = "150", .instead = "when",
	  .sentence = "It is over at so many or fewer (half of it if left out)." },
	{ CONFIG_DOMAIN, "retry-first", CONFIG_TYPE_DURATION, ONE(config_domain, retry_first),
	  .least = 1, .most = HOUR, .preset = "5s",
	  .sentence = "Wait after a failed change; doubles up to retry-max." },
	{ CONFIG_DOMAIN, "retry-max", CONFIG_TYPE_DURATION, ONE(config_domain, retry_max),
	  .least = 1, .most = DAY, .preset = "15m",
	  .sentence = "The longest wait after a failed change." },

	{ CONFIG_TOP, "sources", CONFIG_TYPE_SECTION, LIST(config, sources, source_count),
	  .inner = CONFIG_SOURCE, .sentence = "The logs of all exchangers, dropped or not." },
	{ CONFIG_SOURCE, "name", CONFIG_TYPE_WORD, true, ONE(config_source, name),
	  .sample = "mta1-log", .sentence = "Your name for it; counts are kept under it." },
	{ CONFIG_SOURCE, "mta", CONFIG_TYPE_HOST, true, ONE(config_source, mta),
	  .sample = "mta1.example.jp", .sentence = "The exchanger whose log this is." },
	{ CONFIG_SOURCE, "follow", CONFIG_TYPE_PATH, true, ONE(config_source, path),
	  .sample = "/var/log/mail.log",
	  .sentence = "The file to follow, through every rotation." },
	{ CONFIG_SOURCE, "syslog-udp", CONFIG_TYPE_ADDRESS, ONE(config_source, syslog_udp),
	  .least = SYSLOG, .instead = "follow", .sample = "\"192.0.2.1:514\"",
	  .sentence = "Or: take syslog messages at this address by UDP." },
	{ CONFIG_SOURCE, "syslog-tcp", CONFIG_TYPE_ADDRESS, ONE(config_source, syslog_tcp),
	  .least = SYSLOG, .instead = "follow", .sample = "\"192.0.2.1:514\"",
	  .sentence = "Or: by TCP, with octet counting or by lines." },
	{ CONFIG_SOURCE, "syslog-unix", CONFIG_TYPE_PATH, ONE(config_source, syslog_unix),
	  .instead = "follow", .sample = "/run/mxsplit/log",
	  .sentence = "Or: at a unix datagram socket that is made here." },
	{ CONFIG_SOURCE, "journal", CONFIG_TYPE_JOURNAL, ONE(config_source, journal),
	  .instead = "follow", .sample = "yes",
	  .sentence = "Or: read the systemd journal, this machine's (yes) or a directory's." },
	{ CONFIG_SOURCE, "stdin", CONFIG_TYPE_FLAG, ONE(config_source, from_stdin),
	  .instead = "follow", .sample = "yes", .sentence = "Or: read standard input." },
	{ CONFIG_SOURCE, "history", CONFIG_TYPE_FLAG, ONE(config_source, history), .preset = "no",
	  .sentence = "At the very first start read rotated files too (or all the journal)." },
	{ CONFIG_SOURCE, "journal-match", CONFIG_TYPE_MATCH,
	  LIST(config_source, match, match_count), .preset = "SYSLOG_FACILITY=2",
	  .sentence = "Which entries of the journal; as journalctl takes them (2 is mail)." },
	{ CONFIG_SOURCE, "format", CONFIG_TYPE_FORMAT, ONE(config_source, format), .preset = "auto",
	  .sentence = "The MTA that writes it." },
	{ CONFIG_SOURCE, "zone", CONFIG_TYPE_ZONE, ONE(config_source, zone), .preset = "local",
	  .sentence = "Zone of stamps that name none: local (this machine), UTC, +09:00 or "
		      "Asia/Tokyo." },
	{ CONFIG_SOURCE, "default-domain", CONFIG_TYPE_MAIL_DOMAIN,
	  ONE(config_source, default_domain), .sample = "example.jp",
	  .sentence =
		  "Whose a bounce is until its recipient is known (the domain, if there is one)." },
	{ CONFIG_SOURCE, "max-line", CONFIG_TYPE_SIZE, ONE(config_source, max_line), .least = 1024,
	  .most = 64 * 1024, .preset = "8k", .sentence = "Longer lines are cut." },
	{ CONFIG_TOP, "counters", CONFIG_TYPE_SECTION, LIST(config, counters, counter_count),
	  .inner = CONFIG_COUNTER,
	  .sentence = "Load, queues and the like; evidence beside the bounces, never a reason." },
	{ CONFIG_COUNTER, "name", CONFIG_TYPE_WORD, true, ONE(config_counter, name),
	  .sample = "mta1-snmp", .sentence = "Your name for it." },
	{ CONFIG_COUNTER, "mta", CONFIG_TYPE_HOST, true, ONE(config_counter, mta),
	  .sample = "mta1.example.jp", .sentence = "The exchanger that they tell of." },
	{ CONFIG_COUNTER, "snmp", CONFIG_TYPE_ADDRESS, ONE(config_counter, snmp), .least = 161,
	  .sample = "192.0.2.25",
	  .sentence = "Its SNMP agent, UDP. Wanted is one of snmp, postfix-spool, loadavg, push." },
	{ CONFIG_COUNTER, "postfix-spool", CONFIG_TYPE_PATH, ONE(config_counter, spool),
	  .instead = "snmp", .sample = "/var/spool/postfix",
	  .sentence = "Or the messages in the queue of this machine's Postfix." },
	{ CONFIG_COUNTER, "loadavg", CONFIG_TYPE_FLAG, ONE(config_counter, loadavg),
	  .instead = "snmp", .sample = "yes", .sentence = "Or this machine's load." },
	{ CONFIG_COUNTER, "push", CONFIG_TYPE_FLAG, ONE(config_counter, push), .instead = "snmp",
	  .sample = "yes", .sentence = "Or what comes by POST /v1/counters." },
	{ CONFIG_COUNTER, "secret-file", CONFIG_TYPE_PATH, ONE(config_counter, secret_file),
	  .sample = "/etc/mxsplit/mta1.snmp",
	  .sentence = "v2c: `community WORD`; v3: lines `user NAME`, `auth SHA-256 PASSPHRASE`, "
		      "`priv AES PASSPHRASE`; mode 600." },
	{ CONFIG_COUNTER, "sets", CONFIG_TYPE_SET, LIST(config_counter, sets, set_count),
	  .preset = "ucd-load, host-resources", .sentence = "What the agent is asked." },
	{ CONFIG_COUNTER, "oids", CONFIG_TYPE_OID, LIST(config_counter, oids, oid_count),
	  .sample = "[queue=mtaStoredMessages.1]",
	  .sentence = "And what else, each as name=OID (nothing if left out)." },
	{ CONFIG_COUNTER, "every", CONFIG_TYPE_DURATION, ONE(config_counter, every), .least = 1,
	  .most = HOUR, .preset = "30s", .sentence = "How often they are read." },
	{ CONFIG_COUNTER, "timeout", CONFIG_TYPE_DURATION, ONE(config_counter, timeout), .least = 1,
	  .most = 30, .preset = "3s", .sentence = "How long one reading may take." },
	{ CONFIG_COUNTER, "most", CONFIG_TYPE_DECIMAL, ONE(config_counter, most), .least = 1,
	  .most = 2147483647, .preset = "1000000",
	  .sentence = "Larger values, of counters a second, are not believed." },

	{ CONFIG_TOP, "hooks", CONFIG_TYPE_SECTION, LIST(config, hooks, hook_count),
	  .inner = CONFIG_HOOK,
	  .sentence = "Programs and webhooks that tell people; see docs/alerts.md." },
	{ CONFIG_HOOK, "name", CONFIG_TYPE_WORD, true, ONE(config_hook, name), .sample = "page",
	  .sentence = "Your name for it." },
	{ CONFIG_HOOK, "run", CONFIG_TYPE_ARGUMENT, true, LIST(config_hook, run, run_count),
	  .sample = "[/etc/mxsplit/hooks/page]",
	  .sentence = "The program and its arguments; no shell; JSON comes on standard input." },
	{ CONFIG_HOOK, "url", CONFIG_TYPE_URL, ONE(config_hook, url), .instead = "run",
	  .sample = "https://alerts.example.jp/mxsplit",
	  .sentence = "Or: where it is sent by HTTP POST." },
	{ CONFIG_HOOK, "trap", CONFIG_TYPE_ADDRESS, ONE(config_hook, trap), .least = 162,
	  .instead = "run", .sample = "192.0.2.162",
	  .sentence = "Or: who takes SNMP notifications (contrib/MXSPLIT-MIB.txt), acknowledged." },
	{ CONFIG_HOOK, "format", CONFIG_TYPE_NOTICE, ONE(config_hook, format), .preset = "json",
	  .sentence = "What a webhook is sent: json is what programs get." },
	{ CONFIG_HOOK, "secret-file", CONFIG_TYPE_PATH, ONE(config_hook, secret_file),
	  .instead = "format", .sample = "/etc/mxsplit/alerts.secret",
	  .sentence = "One line, mode 600: for json the key of the signature, for pagerduty the "
		      "routing key, else a bearer token; for trap as counters have." },
	{ CONFIG_HOOK, "ca-file", CONFIG_TYPE_PATH, ONE(config_hook, ca_file), .instead = "format",
	  .sample = "/etc/mxsplit/ca.pem",
	  .sentence = "Who signs the webhook's certificate (the system's authorities)." },
	{ CONFIG_HOOK, "plain-http", CONFIG_TYPE_FLAG, ONE(config_hook, plain_http), .preset = "no",
	  .sentence = "Allow http:// to other machines: everybody on the way can read it." },
	{ CONFIG_HOOK, "on", CONFIG_TYPE_EVENT, .offset = offsetof(struct config_hook, on),
	  .size = sizeof(unsigned), .entries = 16, .preset = "split, restore, failure",
	  .sentence = "The journal's kinds that it is told." },
	{ CONFIG_HOOK, "timeout", CONFIG_TYPE_DURATION, ONE(config_hook, timeout), .least = 1,
	  .most = HOUR, .preset = "30s", .sentence = "Then it is ended, and told again later." },
};

const unsigned config_table_rows = sizeof(config_table) / sizeof(config_table[0]);

const char *
config_table_section(enum config_section section)
{
	for (unsigned i = 0; i < config_table_rows; i++)
		if (config_table[i].type == CONFIG_TYPE_SECTION && config_table[i].inner == section)
			return config_table[i].name;
	return "";
}

const struct config_setting *
config_table_find(enum config_section section, struct span name)
{
	for (unsigned i = 0; i < config_table_rows; i++)
		if (config_table[i].section == section &&
		    span_equal(span_of(config_table[i].name), name))
			return &config_table[i];
	return NULL;
}

void *
config_table_value(const struct config_setting *row, void *base, unsigned index)
{
	size_t step = row->type == CONFIG_TYPE_EVENT ? 0 : row->size;

	return (char *)base + row->offset + index * step;
}

const void *
config_table_see(const struct config_setting *row, const void *base, unsigned index)
{
	return (const char *)base + row->offset + index * row->size;
}

unsigned
config_table_count(const struct config_setting *row, const void *base)
{
	unsigned count = 1;

	if (row->entries && row->type != CONFIG_TYPE_EVENT)
		memcpy(&count, (const char *)base + row->count_offset, sizeof(count));
	return count;
}

void
config_table_set_count(const struct config_setting *row, void *base, unsigned count)
{
	if (row->type != CONFIG_TYPE_EVENT)
		memcpy((char *)base + row->count_offset, &count, sizeof(count));
	else if (count == 0)
		memset((char *)base + row->offset, 0, row->size);
}

static void
preset_one(const struct config_setting *row, void *base)
{
	struct span left = span_of(row->preset);
	unsigned count = 0;

	while (left.len) {
		const char *comma = row->entries ? memchr(left.at, ',', left.len) : NULL;
		struct span one = { left.at, comma ? (size_t)(comma - left.at) : left.len };
		bool ok = config_value_read(row, one, config_table_value(row, base, count++)) ==
			  CONFIG_VALUE_OK;

		assert(ok);
		left = span_after(left, one.len + 2);
	}
	if (row->entries)
		config_table_set_count(row, base, count);
}

void
config_table_preset(enum config_section section, void *base)
{
	for (unsigned i = 0; i < config_table_rows; i++)
		if (config_table[i].section == section && config_table[i].preset)
			preset_one(&config_table[i], base);
}
