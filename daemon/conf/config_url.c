#include "daemon/conf/config_url.h"

#include <string.h>

/* What stands between "//" and the path: host, and perhaps a port. */
static struct span
authority(struct span url)
{
	struct span left;
	size_t length = 0;

	if (span_begins(url, SPAN("https://")))
		left = span_after(url, 8);
	else if (span_begins(url, SPAN("http://")))
		left = span_after(url, 7);
	else
		return (struct span){ url.at, 0 };
	while (length < left.len && !strchr("/?#", left.at[length]))
		length++;
	return (struct span){ left.at, length };
}

/* The host without its port and brackets. */
static struct span
host(struct span url)
{
	struct span span = authority(url);
	const char *end;

	if (span_begins(span, SPAN("["))) {
		end = memchr(span.at, ']', span.len);
		span = span_after(span, 1);
		return (struct span){ span.at, end ? (size_t)(end - span.at) : 0 };
	}
	end = span.len ? memchr(span.at, ':', span.len) : NULL;
	return (struct span){ span.at, end ? (size_t)(end - span.at) : span.len };
}

bool
config_url_ok(struct span url)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789.-:[]";
	struct span at = authority(url);

	for (size_t i = 0; i < url.len; i++)
		if (url.at[i] <= ' ' || url.at[i] > '~' || strchr("\"\\<>^`{|}", url.at[i]))
			return false;
	for (size_t i = 0; i < at.len; i++)
		if (!strchr(good, at.at[i]))
			return false;
	return host(url).len > 0;
}

bool
config_url_open(const char *url)
{
	struct span at = host(span_of(url));

	return span_begins(span_of(url), SPAN("http://")) && !span_equal(at, SPAN("localhost")) &&
	       !span_equal(at, SPAN("127.0.0.1")) && !span_equal(at, SPAN("::1"));
}

void
config_url_show(const char *url, struct text *text)
{
	struct span span = span_of(url), at = authority(span);
	size_t length = (size_t)(at.at - span.at) + at.len;

	text_add_scrubbed(text, (struct span){ span.at, length });
	text_add(text, length + 1 < span.len ? "/..." : "/");
}
