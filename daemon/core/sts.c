#include "daemon/core/sts.h"

#include "daemon/base/names.h"
#include "daemon/base/scan.h"

#define MAX_AGE 31557600 /* section 3.2: a year */

static const struct name modes[] = { { STS_NONE, "none" },
				     { STS_TESTING, "testing" },
				     { STS_ENFORCE, "enforce" } };

const char *
sts_mode_name(enum sts_mode mode)
{
	return names_name(modes, sizeof(modes) / sizeof(modes[0]), (int)mode);
}

/* What stands before `stop`, and what after it. */
static struct span
cut(struct span *rest, char stop)
{
	const char *end = rest->len ? memchr(rest->at, stop, rest->len) : NULL;
	struct span first = { rest->at, end ? (size_t)(end - rest->at) : rest->len };

	*rest = span_after(*rest, first.len + 1);
	return first;
}

bool
sts_announced(struct span txt)
{
	struct span version = span_trimmed(cut(&txt, ';'));
	bool id = false;

	while (txt.len) {
		struct span field = span_trimmed(cut(&txt, ';'));

		id = id || (span_begins(field, SPAN("id=")) && field.len > 3);
	}
	return span_equal(version, SPAN("v=STSv1")) && id;
}

/* Labels of letters, digits, '-' and '_'; '*.' may stand before them. */
static bool
is_name(struct span name)
{
	bool label = false; /* the present one has a character */

	if (span_begins(name, SPAN("*.")))
		name = span_after(name, 2);
	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];
		bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    (c >= '0' && c <= '9') || c == '-' || c == '_';

		if (!good && (c != '.' || !label))
			return false;
		label = good;
	}
	return label;
}

static bool
take(struct sts_policy *policy, struct span key, struct span value, bool *mode_out, struct err *err)
{
	struct scan scan;
	int mode;

	if (span_equal(key, SPAN("mode"))) {
		*mode_out = names_value(modes, sizeof(modes) / sizeof(modes[0]), value, &mode);
		if (!*mode_out)
			return err_set(err, ERR_INPUT,
				       "its mode is none of enforce, testing and none");
		policy->mode = (enum sts_mode)mode;
	} else if (span_equal(key, SPAN("max_age"))) {
		scan = scan_over(value);
		policy->max_age = scan_number(&scan, MAX_AGE);
		if (!scan_done(&scan))
			return err_set(err, ERR_INPUT, "its max_age is no number up to %d",
				       MAX_AGE);
	} else if (span_equal(key, SPAN("mx"))) {
		value.len -= span_ends(value, SPAN("."));
		if (policy->count == STS_MX || !is_name(value) ||
		    !span_copy_lower(value, policy->mx[policy->count], STS_NAME))
			return err_set(err, ERR_INPUT, "it has more than %d mx lines, or a bad one",
				       STS_MX);
		policy->count++;
	}
	return true;
}

bool
sts_read(struct span text, struct sts_policy *out, struct err *err)
{
	struct sts_policy policy = { 0 };
	struct span key, line;
	bool mode = false;

	if (text.len > STS_BYTES)
		return err_set(err, ERR_INPUT, "it has more than %d bytes", STS_BYTES);
	line = span_trimmed(cut(&text, '\n'));
	key = span_trimmed(cut(&line, ':'));
	if (!span_equal(key, SPAN("version")) || !span_equal(span_trimmed(line), SPAN("STSv1")))
		return err_set(err, ERR_INPUT, "it does not begin with version: STSv1");
	while (text.len) {
		line = span_trimmed(cut(&text, '\n'));
		key = span_trimmed(cut(&line, ':'));
		if (!take(&policy, key, span_trimmed(line), &mode, err))
			return false;
	}
	if (!mode)
		return err_set(err, ERR_INPUT, "it has no mode");
	if (policy.mode != STS_NONE && policy.count == 0)
		return err_set(err, ERR_INPUT, "it names no mx");
	*out = policy;
	return true;
}

bool
sts_allows(const struct sts_policy *policy, struct span host)
{
	const char *dot;
	struct span parent;

	host.len -= span_ends(host, SPAN("."));
	dot = host.len ? memchr(host.at, '.', host.len) : NULL;
	parent = dot ? span_after(host, (size_t)(dot - host.at)) : SPAN("");
	for (unsigned i = 0; i < policy->count; i++) {
		struct span mx = span_of(policy->mx[i]);
		bool wild = span_begins(mx, SPAN("*."));

		if (wild ? parent.len && span_equal_nocase(span_after(mx, 1), parent)
			 : span_equal_nocase(mx, host))
			return true;
	}
	return false;
}
