#include "web/vet.h"

#include "daemon/base/scan.h"
#include "web/problem.h"

#include <stdint.h>

/* RFC 9110, section 5.6.2. */
static bool
is_token(struct span span)
{
	static const char others[] = "!#$%&'*+-.^_`|~";

	for (size_t i = 0; i < span.len; i++) {
		char c = span.at[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      (c && strchr(others, c))))
			return false;
	}
	return span.len > 0;
}

static bool
has_control(struct span span)
{
	for (size_t i = 0; i < span.len; i++) {
		unsigned char c = (unsigned char)span.at[i];

		if ((c < 0x20 && c != '\t') || c == 0x7F)
			return true;
	}
	return false;
}

/* The targets of this API need no escapes, so none is decoded and none is taken. */
static bool
check_target(struct span target, struct request *out, struct reply *reply)
{
	const char *mark;

	if (target.len > VET_TARGET)
		return problem_set(reply, 414, "the request target is longer than %d bytes",
				   VET_TARGET);
	if (!target.len || target.at[0] != '/')
		return problem_set(reply, 400, "the request target does not begin with '/'");
	for (size_t i = 0; i < target.len; i++)
		if (target.at[i] <= ' ' || target.at[i] > '~' ||
		    strchr("%\\\"<>{}|^`#", target.at[i]))
			return problem_set(reply, 400,
					   "the request target has a byte or an escape that no "
					   "address here has");
	mark = memchr(target.at, '?', target.len);
	out->path = (struct span){ target.at, mark ? (size_t)(mark - target.at) : target.len };
	out->query = mark ? span_after(target, out->path.len + 1) : (struct span){ "", 0 };
	if (memmem(out->path.at, out->path.len, "//", 2) ||
	    memmem(out->path.at, out->path.len, "/.", 2))
		return problem_set(reply, 400, "the request target has an empty or a dot segment");
	return true;
}

static bool
check_fields(const struct vet_head *head, struct reply *reply)
{
	size_t bytes = 0;

	if (head->count > VET_FIELDS)
		return problem_set(reply, 431, "more than %d header fields", VET_FIELDS);
	for (unsigned i = 0; i < head->count; i++) {
		const struct vet_field *field = &head->field[i];

		if (!is_token(field->name))
			return problem_set(reply, 400, "the name of header field %u is not a token",
					   i + 1);
		if (has_control(field->value))
			return problem_set(reply, 400, "header field %u holds a control character",
					   i + 1);
		bytes += field->name.len + field->value.len;
	}
	return bytes <= VET_HEAD ||
	       problem_set(reply, 431, "the header is longer than %d bytes", VET_HEAD);
}

/* Counts the fields of this name; the value of the last goes to `value_out`. */
static unsigned
find(const struct vet_head *head, struct span name, struct span *value_out)
{
	unsigned count = 0;

	*value_out = (struct span){ "", 0 };
	for (unsigned i = 0; i < head->count; i++)
		if (span_equal_nocase(head->field[i].name, name)) {
			*value_out = head->field[i].value;
			count++;
		}
	return count;
}

static bool
check_length(const struct vet_head *head, const struct vet_rules *rules, struct reply *reply)
{
	struct span length, coding;
	unsigned lengths = find(head, SPAN("Content-Length"), &length);
	unsigned codings = find(head, SPAN("Transfer-Encoding"), &coding);
	bool writes =
		span_equal(head->method, SPAN("PUT")) || span_equal(head->method, SPAN("POST"));
	struct scan scan = scan_over(length);
	uint64_t bytes;

	if (lengths > 1 || (lengths && codings))
		return problem_set(reply, 400, "the length of the body is given twice");
	if (codings)
		return problem_set(reply, 411, "bodies are taken with a Content-Length only");
	if (!lengths)
		return !writes || problem_set(reply, 411, "the Content-Length is missing");
	for (size_t i = 0; i < length.len; i++)
		if (length.at[i] < '0' || length.at[i] > '9')
			return problem_set(reply, 400, "the Content-Length is not a number");
	bytes = scan_number(&scan, rules->body_most);
	if (!length.len)
		return problem_set(reply, 400, "the Content-Length is empty");
	if (!scan_done(&scan))
		return problem_set(reply, 413, "the body is longer than %zu bytes",
				   rules->body_most);
	return writes || !bytes || problem_set(reply, 400, "this method takes no body");
}

/* The host without its port: "[::1]:80" gives "[::1]". */
static struct span
without_port(struct span host)
{
	size_t end = host.len;

	while (end > 0 && host.at[end - 1] >= '0' && host.at[end - 1] <= '9')
		end--;
	if (end > 0 && host.at[end - 1] == ':' &&
	    (host.at[0] == '[') == (end > 1 && host.at[end - 2] == ']'))
		return (struct span){ host.at, end - 1 };
	return host;
}

static bool
host_known(struct span host, const struct vet_rules *rules)
{
	static const char *const always[] = { "localhost", "127.0.0.1", "[::1]" };

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		if (span_equal_nocase(host, span_of(always[i])))
			return true;
	for (unsigned i = 0; i < rules->host_count; i++)
		if (span_equal_nocase(host, span_of(rules->hosts[i])))
			return true;
	return rules->own_host[0] && span_equal_nocase(host, span_of(rules->own_host));
}

static bool
check_host(const struct vet_head *head, const struct vet_rules *rules, struct request *out,
	   struct reply *reply)
{
	unsigned count = find(head, SPAN("Host"), &out->host);

	if (count > 1)
		return problem_set(reply, 400, "the Host is given twice");
	if (count == 0 && !(rules->any_host && span_equal(head->version, SPAN("HTTP/1.0"))))
		return problem_set(reply, 400, "the Host is missing");
	if (!rules->any_host && !host_known(without_port(out->host), rules))
		return problem_set(reply, 421,
				   "this API does not answer under that host name; ask localhost, "
				   "or name it in the configuration");
	return true;
}

bool
vet_check(const struct vet_head *head, const struct vet_rules *rules, struct request *out,
	  struct reply *reply)
{
	static const struct {
		const char *name;
		size_t offset;
	} singles[] = {
		{ "Origin", offsetof(struct request, origin) },
		{ "Authorization", offsetof(struct request, authorization) },
		{ "Content-Type", offsetof(struct request, content_type) },
		{ "If-Match", offsetof(struct request, if_match) },
		{ "Last-Event-ID", offsetof(struct request, last_event_id) },
	};

	if (!is_token(head->method))
		return problem_set(reply, 400, "the method is not a token");
	if (!span_equal(head->version, SPAN("HTTP/1.1")) &&
	    !span_equal(head->version, SPAN("HTTP/1.0")))
		return problem_set(reply, 505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
	if (!check_target(head->target, out, reply) || !check_fields(head, reply) ||
	    !check_length(head, rules, reply) || !check_host(head, rules, out, reply))
		return false;
	out->method = head->method;
	for (size_t i = 0; i < sizeof(singles) / sizeof(singles[0]); i++)
		if (find(head, span_of(singles[i].name),
			 (struct span *)(void *)((char *)out + singles[i].offset)) > 1)
			return problem_set(reply, 400, "the header field %s is given twice",
					   singles[i].name);
	return true;
}
