#include "daemon/core/envelope.h"

#include "daemon/base/scan.h"
#include "daemon/core/eat.h"
#include "daemon/core/hash.h"
#include "daemon/core/swar.h"

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
		memset(memory->host, 0, 8);
		memcpy(memory->host, host.at, memory->host_len);
		memory->host_mask = UINT64_MAX;
		if (memory->host_len < 8)
			memset((char *)&memory->host_mask + memory->host_len, 0,
			       8 - memory->host_len);
		memory->host_word = hash_load(memory->host, 8);
		memory->host_key = (uint32_t)hash_span(host, 1);
	}
	out->host_key = memory->host_key;
}

/* Does the host of the line before begin here? `left` bytes are there, more than it has. */
static inline bool
same_host(const struct envelope_memory *memory, const char *at, size_t left)
{
	if (left >= 8 && (hash_load(at, 8) & memory->host_mask) != memory->host_word)
		return false;
	return (left >= 8 && memory->host_len <= 8) ||
	       memcmp(at, memory->host, memory->host_len) == 0;
}

/* "host " unless the tag comes at once (standard output of a container, `logger -s`). */
static void
read_host(struct envelope_memory *memory, struct scan *scan, struct envelope *out)
{
	size_t known = memory->host_len, left = (size_t)(scan->end - scan->at);
	struct scan ahead = *scan;
	struct span host;

	if (known && left > known && scan->at[known] == ' ' && same_host(memory, scan->at, left)) {
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
split_program(struct envelope *out, size_t group_len, size_t instance_len)
{
	const char *from = out->program.at;
	size_t daemon = instance_len ? instance_len + 1 : 0;

	out->group = (struct span){ from, group_len };
	out->instance = (struct span){ from, instance_len };
	out->daemon = (struct span){ from + daemon, out->program.len - daemon };
}

static void
find_slashes(struct envelope *out)
{
	size_t first = 0, last = 0;

	for (size_t i = 1; i < out->program.len; i++)
		if (out->program.at[i] == '/') {
			first = first ? first : i;
			last = i;
		}
	split_program(out, first, last);
	out->group_key = (uint32_t)hash_span(out->group, 0);
}

/* "postfix/submission/smtpd[301]: ". False, and nothing eaten, when no tag is there. */
static bool
read_tag(struct scan *scan, struct envelope *out)
{
	const char *at = scan->at;

	while (at < scan->end && *at != '[' && *at != ':' && *at != ' ')
		at++;
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
	find_slashes(out);
	return true;
}

/* The place of the tag of this length that begins here; its last bytes tell pids apart. */
static struct envelope_tag *
tag_place(struct envelope_memory *memory, const char *at, size_t length)
{
	uint64_t key = hash_mix(hash_load(at + 8, 8), hash_load(at + length - 10, 8));

	return &memory->tags[key & (ENVELOPE_TAGS - 1)];
}

/* Length of the tag with its ": ", when it is 16 to 31 bytes long; else 0. */
static size_t
tag_length(const char *at, const char *end)
{
	size_t colon;

	if (end - at < ENVELOPE_TAG)
		return 0;
	colon = 14 + swar_find(at + 14, ':');
	return colon < ENVELOPE_TAG - 2 && at[colon + 1] == ' ' ? colon + 2 : 0;
}

static bool
tag_is(const struct envelope_tag *tag, const char *at, size_t length)
{
	const char *tail = at + length - 16, *text = tag->text + length - 16;

	return tag->len == length && hash_load(at, 8) == hash_load(tag->text, 8) &&
	       hash_load(at + 8, 8) == hash_load(tag->text + 8, 8) &&
	       hash_load(tail, 8) == hash_load(text, 8) &&
	       hash_load(tail + 8, 8) == hash_load(text + 8, 8);
}

static bool
remember_tag(struct envelope_tag *tag, struct span text, const struct envelope *envelope)
{
	size_t daemon = (size_t)(envelope->daemon.at - text.at);

	if (text.len < 16 || text.len > ENVELOPE_TAG || text.at[text.len - 1] != ' ')
		return false;
	memcpy(tag->text, text.at, text.len);
	tag->len = (uint8_t)text.len;
	tag->program = (struct span){ tag->text, envelope->program.len };
	tag->instance = (struct span){ tag->text, envelope->instance.len };
	tag->group = (struct span){ tag->text, envelope->group.len };
	tag->daemon = (struct span){ tag->text + daemon, envelope->daemon.len };
	tag->pid = envelope->pid;
	tag->group_key = envelope->group_key;
	tag->claim[0] = tag->claim[1] = 0;
	return true;
}

/* As read_tag, from memory when the same tag was seen before. */
static bool
recall_tag(struct envelope_memory *memory, struct scan *scan, struct envelope *out)
{
	const char *from = scan->at;
	size_t length = tag_length(from, scan->end);
	struct envelope_tag *tag;

	if (length == 0)
		return read_tag(scan, out);
	tag = tag_place(memory, from, length);
	if (tag_is(tag, from, length)) {
		out->program = tag->program;
		out->instance = tag->instance;
		out->daemon = tag->daemon;
		out->group = tag->group;
		out->pid = tag->pid;
		out->group_key = tag->group_key;
		out->claim = tag->claim;
		scan->at += tag->len;
		return true;
	}
	if (!read_tag(scan, out))
		return false;
	if (remember_tag(tag, (struct span){ from, (size_t)(scan->at - from) }, out))
		out->claim = tag->claim;
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
	if (!recall_tag(memory, scan, out)) {
		out->program = out->instance = out->group = out->daemon =
			(struct span){ scan->at, 0 };
		out->pid = 0;
		out->group_key = 0;
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
	find_slashes(out);
	EAT(scan, " ");
	EAT(scan, "\xEF\xBB\xBF");
	EAT(scan, " "); /* rsyslog keeps the blank after the tag */
	out->message = scan_rest(scan);
	read_repeated(out);
	return true;
}

static void
without_program(struct envelope_memory *memory, struct envelope *out)
{
	struct span none = { out->message.at, 0 };

	take_host(memory, none, out);
	out->program = out->instance = out->group = out->daemon = none;
	out->group_key = 0;
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
	without_program(memory, out);
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
	out->pid = 0;
	out->repeat = 1;
	out->repeats_last = false;
	out->claim = NULL;
}

void
envelope_of(struct envelope_memory *memory, int64_t time_us, struct span host, struct span program,
	    uint32_t pid, struct span message, struct envelope *out)
{
	begin(out);
	out->time_us = time_us;
	out->pid = pid;
	out->program = program;
	out->message = message;
	take_host(memory, host, out);
	find_slashes(out);
	if (message.len && *message.at == 'm')
		read_repeated(out);
}

bool
envelope_read(struct envelope_memory *memory, struct span line, struct envelope *out)
{
	struct scan scan = eat_over(line);

	begin(out);
	if (EAT(&scan, "<")) {
		scan_number(&scan, 999);
		scan_text(&scan, SPAN(">"));
		if (EAT(&scan, "1 "))
			return read_rfc5424(memory, &scan, out);
	}
	if (scan.failed || scan.at == scan.end)
		return false;
	if (stamp_again(&memory->stamp, &scan))
		out->time_us = memory->stamp.time_us;
	else if (*scan.at == '@')
		return read_multilog(memory, &scan, out);
	else if (line.len > 19 && *scan.at >= '0' && *scan.at <= '9' && line.at[10] == ' ')
		return read_own_log(memory, &scan, out);
	else if (*scan.at >= '0' && *scan.at <= '9')
		out->time_us = stamp_rfc3339(&memory->stamp, &scan);
	else
		out->time_us = stamp_rfc3164(&memory->stamp, &scan);
	return !scan.failed && read_tagged(memory, &scan, out);
}
