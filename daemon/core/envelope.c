#include "daemon/core/envelope.h"

#include "daemon/base/scan.h"
#include "daemon/core/eat.h"
#include "daemon/core/hash.h"

struct envelope_memory
envelope_memory(int year, int64_t reference)
{
	return (struct envelope_memory){ .stamp = stamp_memory(year, reference) };
}

static struct span
read_word(struct scan *scan)
{
	const char *from = scan->at;

	while (scan->at < scan->end && *scan->at != ' ')
		scan->at++;
	return (struct span){ from, (size_t)(scan->at - from) };
}

static void
take_host(struct envelope_memory *memory, struct span host, struct envelope *out)
{
	out->host = host;
	if (host.len != memory->host_len || memcmp(memory->host, host.at, host.len) != 0) {
		memory->host_len = host.len <= ENVELOPE_HOST ? host.len : 0;
		memcpy(memory->host, host.at, memory->host_len);
		memory->host_key = (uint32_t)hash_span(host, 1);
	}
	out->host_key = memory->host_key;
}

/* "host " unless the tag comes at once (standard output of a container, `logger -s`). */
static void
read_host(struct envelope_memory *memory, struct scan *scan, struct envelope *out)
{
	size_t known = memory->host_len;
	struct scan ahead = *scan;
	struct span host;

	if (known && (size_t)(scan->end - scan->at) > known && scan->at[known] == ' ' &&
	    memcmp(scan->at, memory->host, known) == 0) {
		out->host = (struct span){ scan->at, known };
		out->host_key = memory->host_key;
		scan->at += known + 1;
		return;
	}
	host = read_word(&ahead);
	if (host.len == 0 || host.at[host.len - 1] == ':') {
		take_host(memory, (struct span){ scan->at, 0 }, out);
		return;
	}
	take_host(memory, host, out);
	*scan = ahead;
	EAT(scan, " ");
}

static void
split_program(struct envelope *out, const char *first_slash, const char *last_slash)
{
	const char *from = out->program.at, *end = from + out->program.len;

	out->group = (struct span){ from, first_slash ? (size_t)(first_slash - from) : 0 };
	out->instance = (struct span){ from, last_slash ? (size_t)(last_slash - from) : 0 };
	out->daemon.at = last_slash ? last_slash + 1 : from;
	out->daemon.len = (size_t)(end - out->daemon.at);
}

/* "postfix/submission/smtpd[301]: ". False, and nothing eaten, when no tag is there. */
static bool
read_tag(struct scan *scan, struct envelope *out)
{
	const char *at = scan->at, *first = NULL, *last = NULL;

	for (; at < scan->end && *at != '[' && *at != ':' && *at != ' '; at++)
		if (*at == '/') {
			first = first ? first : at;
			last = at;
		}
	out->program = (struct span){ scan->at, (size_t)(at - scan->at) };
	if (at < scan->end && *at == '[') {
		uint64_t pid = 0;

		for (at++; at < scan->end && *at >= '0' && *at <= '9' && pid <= UINT32_MAX; at++)
			pid = pid * 10 + (uint64_t)(*at - '0');
		if (at == scan->end || *at++ != ']' || pid > UINT32_MAX)
			return false;
		out->pid = (uint32_t)pid;
	}
	if (at == scan->end || *at != ':' || out->program.len == 0)
		return false;
	scan->at = at + 1;
	EAT(scan, " ");
	split_program(out, first, last);
	return true;
}

/* "last message repeated 39 times", "--- last message repeated 39 times ---". */
static void
read_last_repeated(struct envelope *out)
{
	struct scan scan = eat_over(out->message);
	unsigned times;

	EAT(&scan, "--- ");
	scan_text(&scan, SPAN("last message repeated "));
	times = (unsigned)scan_number(&scan, ENVELOPE_REPEATS);
	scan_text(&scan, SPAN(" time"));
	if (scan.failed)
		return;
	out->repeat = times;
	out->repeats_last = true;
}

/* "message repeated 39 times: [ NOQUEUE: ...]" is the message in the brackets, 39 times. */
static void
read_repeated(struct envelope *out)
{
	struct scan scan = eat_over(out->message);
	struct span rest;
	unsigned times;

	scan_text(&scan, SPAN("message repeated "));
	times = (unsigned)scan_number(&scan, ENVELOPE_REPEATS);
	scan_text(&scan, SPAN(" times: ["));
	EAT(&scan, " ");
	rest = scan_rest(&scan);
	if (scan.failed || rest.len == 0 || rest.at[rest.len - 1] != ']')
		return;
	out->repeat = times;
	out->message = (struct span){ rest.at, rest.len - 1 };
}

/* Solaris: "[ID 801593 mail.warning] " before the message. */
static void
skip_message_id(struct envelope *out)
{
	struct scan scan = eat_over(out->message);

	scan_text(&scan, SPAN("[ID "));
	scan_number(&scan, UINT32_MAX);
	scan_until(&scan, ']');
	scan_text(&scan, SPAN(" "));
	if (!scan.failed)
		out->message = scan_rest(&scan);
}

static bool
read_tagged(struct envelope_memory *memory, struct scan *scan, struct envelope *out)
{
	if (!EAT(scan, " "))
		return false;
	if (EAT(scan, "<")) { /* BSD syslogd -v: "<mail.info> " */
		scan_until(scan, '>');
		scan_text(scan, SPAN(" "));
	}
	if (scan->failed)
		return false;
	read_host(memory, scan, out);
	if (!read_tag(scan, out)) {
		out->program = out->instance = out->group = out->daemon =
			(struct span){ scan->at, 0 };
		out->pid = 0;
		out->message = scan_rest(scan);
		read_last_repeated(out);
		return true;
	}
	out->message = scan_rest(scan);
	if (out->message.len && *out->message.at == '[')
		skip_message_id(out);
	if (out->message.len && *out->message.at == 'm')
		read_repeated(out);
	return true;
}

/* Structured data: "-" or "[id key="value"]...", in which `"`, `\` and `]` are escaped. */
static void
skip_structured(struct scan *scan)
{
	if (EAT(scan, "-"))
		return;
	while (EAT(scan, "[")) {
		for (bool quoted = false; scan->at < scan->end; scan->at++) {
			if (*scan->at == '\\' && quoted && scan->at + 1 < scan->end)
				scan->at++;
			else if (*scan->at == '"')
				quoted = !quoted;
			else if (*scan->at == ']' && !quoted)
				break;
		}
		scan_text(scan, SPAN("]"));
	}
}

/* RFC 5424, section 6: "1 TIMESTAMP HOST APP PROCID MSGID SD MSG"; the "1 " is already eaten. */
static bool
read_rfc5424(struct envelope_memory *memory, struct scan *scan, struct envelope *out)
{
	const char *first = NULL, *last = NULL;
	struct scan pid;

	out->time_us = stamp_rfc3339(&memory->stamp, scan);
	scan_text(scan, SPAN(" "));
	if (scan->failed)
		return false;
	take_host(memory, scan_until(scan, ' '), out);
	out->program = scan_until(scan, ' ');
	pid = eat_over(scan_until(scan, ' '));
	scan_until(scan, ' ');
	skip_structured(scan);
	if (scan->failed)
		return false;
	out->pid = (uint32_t)scan_number(&pid, UINT32_MAX);
	for (size_t i = 0; i < out->program.len; i++)
		if (out->program.at[i] == '/') {
			first = first ? first : out->program.at + i;
			last = out->program.at + i;
		}
	split_program(out, first, last);
	EAT(scan, " ");
	EAT(scan, "\xEF\xBB\xBF");
	EAT(scan, " "); /* rsyslog keeps the blank after the tag */
	out->message = scan_rest(scan);
	read_repeated(out);
	return true;
}

bool
envelope_read(struct envelope_memory *memory, struct span line, struct envelope *out)
{
	struct scan scan = eat_over(line);

	out->pid = 0;
	out->repeat = 1;
	out->repeats_last = false;
	if (EAT(&scan, "<")) {
		scan_number(&scan, 999);
		scan_text(&scan, SPAN(">"));
		if (EAT(&scan, "1 "))
			return read_rfc5424(memory, &scan, out);
	}
	if (scan.failed || scan.at == scan.end)
		return false;
	if (*scan.at >= '0' && *scan.at <= '9')
		out->time_us = stamp_rfc3339(&memory->stamp, &scan);
	else
		out->time_us = stamp_rfc3164(&memory->stamp, &scan);
	return !scan.failed && read_tagged(memory, &scan, out);
}
