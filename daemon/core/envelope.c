#include "daemon/core/envelope.h"

#include "daemon/base/scan.h"
#include "daemon/core/eat.h"
#include "daemon/core/envelope_tag.h"
#include "daemon/core/hash.h"
#include "daemon/core/swar.h"

struct envelope_memory
envelope_memory(int year, int64_t reference)
{
	const struct envelope_program none = { .name = SPAN(""),
					       .instance = SPAN(""),
					       .daemon = SPAN(""),
					       .group = SPAN(""),
					       .group_key = (uint32_t)hash_span(SPAN(""), 0) };

	return (struct envelope_memory){ .stamp = stamp_memory(year, reference),
					 .multilog = none,
					 .host_key = (uint32_t)hash_span(SPAN(""), 1) };
}

static struct span
read_word(struct scan *scan)
{
	const char *from = scan->at;

	while (scan->at < scan->end && *scan->at != ' ')
		scan->at++;
	return (struct span){ from, (size_t)(scan->at - from) };
}

/* A host of 1 to 15 bytes is compared in one piece with the blank behind it (same_head). */
static void
remember_host(struct envelope_memory *memory, struct span host)
{
	memory->host_len = host.len <= ENVELOPE_HOST ? host.len : 0;
	memcpy(memory->host, host.at, memory->host_len);
	memory->host_key = (uint32_t)hash_span(host, 1);
	memory->head_mask = 0;
	if (host.len == 0 || host.len >= sizeof(memory->host_text))
		return;
	memcpy(memory->host_text, host.at, host.len);
	memory->host_text[host.len] = ' ';
	memory->head_mask = UINT32_MAX >> (sizeof(memory->host_text) - 1 - host.len);
}

static void
take_host(struct envelope_memory *memory, struct span host, struct envelope *out)
{
	out->host = host;
	if (host.len != memory->host_len || memcmp(memory->host, host.at, host.len) != 0)
		remember_host(memory, host);
	out->host_key = memory->host_key;
}

/* Are here the traditional stamp and the host of the line before, a short one, each with its blank?
 */
static inline bool
same_head(const struct envelope_memory *memory, const char *at, const char *end)
{
	uint32_t mask = memory->head_mask;

	return mask && memory->stamp.len == STAMP_RFC3164 && end - at >= 2 * SWAR_MORE &&
	       ((swar_are_same(memory->stamp.text, at) |
		 swar_are_same(memory->host_text, at + SWAR_MORE) << SWAR_MORE) &
		mask) == mask;
}

/* "host " unless the tag comes at once (standard output of a container, `logger -s`). */
static void
read_host(struct envelope_memory *memory, struct scan *scan, struct envelope *out)
{
	struct scan ahead = *scan;
	struct span host = read_word(&ahead);

	if (host.len == 0 || host.at[host.len - 1] == ':') {
		take_host(memory, (struct span){ scan->at, 0 }, out);
		return;
	}
	take_host(memory, host, out);
	*scan = ahead;
	EAT(scan, " ");
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
	EAT(&scan, "s");
	EAT(&scan, " ---");
	if (scan.failed || scan.at != scan.end) /* another line was joined to it */
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

static void
without_program(struct envelope_memory *memory, struct envelope *out)
{
	out->program = envelope_tag_program(memory, SPAN(""));
}

/* What may stand before a message, or around it. */
static __attribute__((noinline)) void
unwrap_message(struct envelope *out)
{
	if (*out->message.at == '[')
		skip_message_id(out);
	if (out->message.len && *out->message.at == 'm')
		read_repeated(out);
}

static inline void
take_message(struct span message, struct envelope *out)
{
	out->message = message;
	if (message.len && (*message.at == '[' || *message.at == 'm'))
		unwrap_message(out);
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
	if (envelope_tag_read(memory, scan, out)) {
		take_message(scan_rest(scan), out);
		return true;
	}
	without_program(memory, out);
	out->message = scan_rest(scan);
	read_last_repeated(out);
	return true;
}

/* Most lines have the stamp, the host and one of the programs of lines before. */
static inline bool
read_again(struct envelope_memory *memory, const char *at, const char *end, struct envelope *out)
{
	if (!same_head(memory, at, end) &&
	    (!stamp_next(&memory->stamp, at, end) || !same_head(memory, at, end)))
		return false;
	at += STAMP_RFC3164 + 1;
	out->host = (struct span){ at, memory->host_len };
	at = envelope_tag_again(memory, at + memory->host_len + 1, end, out);
	if (!at)
		return false;
	out->time_us = memory->stamp.time_us;
	out->host_key = memory->host_key;
	take_message((struct span){ at, (size_t)(end - at) }, out);
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
	struct span name;
	struct scan pid;

	out->time_us = stamp_rfc3339(&memory->stamp, scan);
	scan_text(scan, SPAN(" "));
	if (scan->failed)
		return false;
	take_host(memory, scan_until(scan, ' '), out);
	name = scan_until(scan, ' ');
	pid = eat_over(scan_until(scan, ' '));
	scan_until(scan, ' ');
	skip_structured(scan);
	if (scan->failed)
		return false;
	out->pid = (uint32_t)scan_number(&pid, UINT32_MAX);
	out->program = envelope_tag_program(memory, name);
	EAT(scan, " ");
	EAT(scan, "\xEF\xBB\xBF");
	EAT(scan, " "); /* rsyslog keeps the blank after the tag */
	out->message = scan_rest(scan);
	read_repeated(out);
	return true;
}

/* Exim's own log: "2026-11-24 16:46:08.858 +0000 [138] ..." */
static bool
read_exim(struct envelope_memory *memory, struct scan *scan, struct envelope *out)
{
	struct scan ahead;

	out->shape = ENVELOPE_EXIM;
	out->time_us = stamp_exim(&memory->stamp, scan);
	scan_text(scan, SPAN(" "));
	ahead = *scan;
	if (EAT(&ahead, "[")) {
		out->pid = (uint32_t)scan_number(&ahead, UINT32_MAX);
		scan_text(&ahead, SPAN("] "));
		if (ahead.failed)
			out->pid = 0;
		else
			*scan = ahead;
	}
	out->message = scan_rest(scan);
	take_host(memory, (struct span){ out->message.at, 0 }, out);
	without_program(memory, out);
	return !scan->failed;
}

/* multilog: "@400000006b05c2ef0b99db34 ...", or that after tai64nlocal. */
static bool
read_multilog(struct envelope_memory *memory, struct scan *scan, struct envelope *out)
{
	out->shape = ENVELOPE_MULTILOG;
	out->time_us = *scan->at == '@' ? stamp_tai64n(&memory->stamp, scan)
					: stamp_tai64nlocal(&memory->stamp, scan);
	scan_text(scan, SPAN(" "));
	out->message = scan_rest(scan);
	take_host(memory, (struct span){ out->message.at, 0 }, out);
	out->program = &memory->multilog;
	return !scan->failed;
}

/* "2026-11-24 16:46:08.757479500": multilog's has nanoseconds, Exim's at most milliseconds. */
static bool
read_own_log(struct envelope_memory *memory, struct scan *scan, struct envelope *out)
{
	size_t length = (size_t)(scan->end - scan->at);

	if (length > 29 && scan->at[19] == '.' && scan->at[23] >= '0' && scan->at[23] <= '9')
		return read_multilog(memory, scan, out);
	return read_exim(memory, scan, out);
}

static void
begin(struct envelope *out)
{
	out->shape = ENVELOPE_SYSLOG;
	out->repeat = 1;
	out->repeats_last = false;
}

void
envelope_of(struct envelope_memory *memory, int64_t time_us, struct span host, struct span program,
	    uint32_t pid, struct span message, struct envelope *out)
{
	begin(out);
	out->time_us = time_us;
	out->pid = pid;
	out->program = envelope_tag_program(memory, program);
	out->message = message;
	take_host(memory, host, out);
	if (message.len && *message.at == 'm')
		read_repeated(out);
}

static __attribute__((noinline)) bool
read_anew(struct envelope_memory *memory, struct span line, struct envelope *out)
{
	struct scan scan = eat_over(line);

	out->pid = 0; /* read_again may have begun */
	if (EAT(&scan, "<")) {
		scan_number(&scan, 999);
		scan_text(&scan, SPAN(">"));
		if (EAT(&scan, "1 "))
			return read_rfc5424(memory, &scan, out);
	}
	if (scan.failed || scan.at == scan.end)
		return false;
	if (*scan.at == '@')
		return read_multilog(memory, &scan, out);
	if (line.len > 19 && *scan.at >= '0' && *scan.at <= '9' && line.at[10] == ' ')
		return read_own_log(memory, &scan, out);
	out->time_us = *scan.at >= '0' && *scan.at <= '9' ? stamp_rfc3339(&memory->stamp, &scan)
							  : stamp_rfc3164(&memory->stamp, &scan);
	return !scan.failed && read_tagged(memory, &scan, out);
}

bool
envelope_read(struct envelope_memory *memory, struct span line, struct envelope *out)
{
	begin(out);
	return read_again(memory, line.at, line.at + line.len, out) || read_anew(memory, line, out);
}
