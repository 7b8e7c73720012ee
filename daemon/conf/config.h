/*
 * The configuration: one YAML file, read whole or not at all. Syntax is libfyaml's affair; what a
 * setting means, its range and its default stand in one table (config_table.h), which also prints
 * the sample file.
 *
 * Durations are seconds, sizes bytes. DNS names are absolute, lower case, with the final dot.
 * Lists have fixed room; a longer list is an error that names the limit.
 */
#ifndef CONF_CONFIG_H
#define CONF_CONFIG_H

#include "daemon/base/text.h"
#include "daemon/core/condition.h"
#include "daemon/core/format.h"
#include "daemon/core/notice.h"
#include "daemon/core/oids.h"
#include "daemon/core/order.h"
#include "daemon/core/threshold.h"
#include "daemon/core/tz.h"

#include <stdint.h>
#include <stdio.h>

#define CONFIG_SERVERS 16
#define CONFIG_DOMAINS 64
#define CONFIG_SOURCES 64
#define CONFIG_HOOKS 16
#define CONFIG_COUNTERS 16
#define CONFIG_OIDS 16
#define CONFIG_LISTEN 8
#define CONFIG_KNOWN_AS 16
#define CONFIG_ORIGINS 8
#define CONFIG_CHECKS 15
#define CONFIG_ADDRESSES 4 /* of one primary */
#define CONFIG_KEYS 2
#define CONFIG_BINDS 2 /* IPv4 and IPv6 */
#define CONFIG_DROP 8
#define CONFIG_ARGV 16
#define CONFIG_MATCHES 8
#define CONFIG_PROBES 32

#define CONFIG_PATH 4096
#define CONFIG_CREDENTIALS "CREDENTIALS_DIRECTORY" /* systemd.exec(5); may begin a path */
#define CONFIG_NAME 256	       /* a DNS name with its final dot, or a name that people chose */
#define CONFIG_ADDRESS 64      /* "[2001:db8::53]:5353" */
#define CONFIG_ORIGIN 272      /* "https://dashboard.example.jp:8443" */
#define CONFIG_SOCKET 108      /* a unix socket's path: fits sun_path, terminated */
#define CONFIG_MATCH 256       /* FIELD=VALUE of a journal */
#define CONFIG_PLACE 320       /* "mta2.example.jp.=[2001:db8::26]:25" */
#define CONFIG_MX 1024	       /* "86400 10 mta1.example.jp. 20 mta2.example.jp." */
#define CONFIG_OID 320	       /* "queue=1.3.6.1.2.1.28.1.1.2.1" */
#define CONFIG_ARGUMENT 1024   /* one argument of a hook, or its url */
#define CONFIG_BYTES (1 << 20) /* a larger file is refused */

enum config_listen_kind {
	CONFIG_LISTEN_TCP,
	CONFIG_LISTEN_TLS,
	CONFIG_LISTEN_UNIX,
};

struct config_listen {
	enum config_listen_kind kind;
	char text[128]; /* canonical, as people see it: "127.0.0.1:8053", "tls:192.0.2.1:8443",
			   "unix:/run/x" */
	char host[CONFIG_ADDRESS]; /* TCP: the IP address alone, without brackets */
	uint16_t port;
	char path[108]; /* unix: fits sun_path, terminated */
};

struct config_server {
	char name[CONFIG_NAME];
	unsigned address_count;
	char address[CONFIG_ADDRESSES][CONFIG_ADDRESS]; /* canonical, always with the port */
	char zone[CONFIG_NAME];
	unsigned key_count;
	char key_file[CONFIG_KEYS][CONFIG_PATH];
	struct {
		int line, col;
	} key_at[CONFIG_KEYS]; /* where the file names it */
	unsigned bind_count;
	char bind[CONFIG_BINDS][CONFIG_ADDRESS]; /* ours; its port is not used */
	unsigned check_count;
	char check[CONFIG_CHECKS][CONFIG_ADDRESS];
	bool check_ns; /* and those of the NS RRset */
	bool tcp, sign_reads;
	int64_t timeout; /* for one answer */
	int64_t prove;	 /* until every server must show a change */
};

struct config_domain {
	char name[CONFIG_NAME];
	char server_name[CONFIG_NAME];
	unsigned server; /* index in `servers` */
	enum mode mode;
	unsigned drop_count;
	char drop[CONFIG_DROP][CONFIG_NAME];
	char normal[CONFIG_MX]; /* as mx_print writes it; "": not given */
	int64_t split_ttl, min_split, calm, max_split;
	int64_t splits_a_day;
	int64_t warm_up;
	double least_excess; /* bounces */
	double prior_rate;   /* bounces a minute */
	int64_t quiet;
	char when[CONDITION_TEXT];
	struct condition condition;	 /* what `when` says */
	struct threshold_rule threshold; /* count 0: none */
	int64_t threshold_leave;	 /* as it was set; 0: half */
	int64_t retry_first, retry_max;
};

enum config_way { /* in the order of the table */
		  CONFIG_WAY_FOLLOW,
		  CONFIG_WAY_SYSLOG_UDP,
		  CONFIG_WAY_SYSLOG_TCP,
		  CONFIG_WAY_SYSLOG_UNIX,
		  CONFIG_WAY_JOURNAL,
		  CONFIG_WAY_STDIN,
		  CONFIG_WAYS
};

struct config_source {
	char name[CONFIG_NAME];
	char mta[CONFIG_NAME];
	enum config_way way;	/* which one of the next six is set */
	char path[CONFIG_PATH]; /* the followed file */
	char syslog_udp[CONFIG_ADDRESS], syslog_tcp[CONFIG_ADDRESS]; /* with the port */
	char syslog_unix[CONFIG_SOCKET];
	char journal[CONFIG_PATH]; /* "yes": this machine's; else a directory or a file */
	bool from_stdin;
	bool history; /* at the first start also what was before */
	unsigned match_count;
	char match[CONFIG_MATCHES][CONFIG_MATCH]; /* of the journal's entries */
	enum format format;
	char zone[TZ_NAME];		  /* of stamps that name none: see tz_kind */
	char default_domain[CONFIG_NAME]; /* without the final dot, as in logs; "": none */
	int64_t max_line;
};

struct config_counter {
	char name[CONFIG_NAME];
	char mta[CONFIG_NAME];
	/* exactly one of these four: */
	char snmp[CONFIG_ADDRESS];
	char spool[CONFIG_PATH];
	bool loadavg, push;

	char secret_file[CONFIG_PATH]; /* snmp */
	unsigned set_count;
	enum oids_set sets[OIDS_SETS];
	unsigned oid_count;
	char oids[CONFIG_OIDS]
		 [CONFIG_OID]; /* "name=1.3.6...", or an object's name; they are good */
	int64_t every, timeout;
	double most; /* plausible maximum, of counters a second */
};

struct config_hook {
	char name[CONFIG_NAME];
	unsigned run_count;
	char run[CONFIG_ARGV][CONFIG_ARGUMENT];
	const char *run_argv[CONFIG_ARGV + 1];		     /* into `run`, ended by NULL */
	char url[CONFIG_ARGUMENT];			     /* or this: one of the three */
	char trap[CONFIG_ADDRESS];			     /* or this: with the port */
	enum notice_format format;			     /* of what is sent there */
	char secret_file[CONFIG_PATH], ca_file[CONFIG_PATH]; /* "": none */
	bool plain_http;
	unsigned on; /* bits 1 << enum journal_kind */
	int64_t timeout;
};

/* About 900 KiB: not for a stack. It points into itself (run_argv): not for copying. */
struct config {
	char database[CONFIG_PATH];
	unsigned listen_count;
	struct config_listen listen[CONFIG_LISTEN];
	int64_t socket_mode;
	char tls_cert[CONFIG_PATH], tls_key[CONFIG_PATH]; /* "": none */
	unsigned known_as_count;
	char known_as[CONFIG_KNOWN_AS][CONFIG_NAME]; /* without the final dot */
	unsigned allow_origin_count;
	char allow_origins[CONFIG_ORIGINS][CONFIG_ORIGIN]; /* as a browser sends it */
	char tokens[CONFIG_PATH];
	int64_t stale_after, silent_after, watch;
	int64_t probe; /* seconds between two questions to an exchanger; 0: never */
	unsigned probe_at_count;
	char probe_at[CONFIG_PROBES][CONFIG_PLACE];
	int64_t keep_minutes, keep_hours; /* seconds */
	int64_t keep_journal;		  /* rows */
	unsigned server_count, domain_count, source_count, counter_count, hook_count;
	struct config_server servers[CONFIG_SERVERS];
	struct config_domain domains[CONFIG_DOMAINS];
	struct config_source sources[CONFIG_SOURCES];
	struct config_counter counters[CONFIG_COUNTERS];
	struct config_hook hooks[CONFIG_HOOKS];
};

#define CONFIG_PROBLEMS 100

struct config_problem {
	int line, col;	/* from 1; 0: the file as a whole */
	char text[512]; /* printable UTF-8 */
};

struct config_problems {
	unsigned count; /* in order of place */
	struct config_problem list[CONFIG_PROBLEMS];
	bool more;	 /* there were more than fit */
	bool unreadable; /* the file itself cannot be read */
};

/*
 * Reads and judges the file, and looks at the files that it names: key files (there, not for
 * others to read), the tokens file (not for others to read, if it is there), hooks' programs.
 * False: `problems` has at least one and `out` is untouched. Reports all problems at once.
 */
MUST_USE bool config_read(const char *path, struct config *out, struct config_problems *problems);

/* The same for text in memory; looks at no file. */
MUST_USE bool config_parse(struct span text, struct config *out, struct config_problems *problems);

/* One line a problem: "PATH:LINE:COL: what, what was wanted". */
void config_print_problems(FILE *out, const char *path, const struct config_problems *problems);

/* The commented sample: every setting, its sentence, range and default. */
void config_print_sample(FILE *out);

/* Does a split of this domain remove the exchanger? `host` absolute, lower case. */
bool config_drops(const struct config_domain *domain, const char *host);

/* Where the settings say that an exchanger is asked by SMTP; "" where they do not. */
const char *config_probe_at(const struct config *config, const char *host);

/* "domains[example.jp].mode: observe -> auto; hooks[page] added", or "nothing changed". */
void config_changes(const struct config *was, const struct config *is, struct text *text);

#endif
