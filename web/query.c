#include "web/query.h"

#include "daemon/base/scan.h"
#include "web/problem.h"

#include <inttypes.h>

static struct span
cut(struct span *rest, char at)
{
	const char *end = memchr(rest->at, at, rest->len);
	struct span head = { rest->at, end ? (size_t)(end - rest->at) : rest->len };

	*rest = span_after(*rest, head.len + 1);
	return head;
}

static bool
read_one(struct span value, struct query_number *number, struct reply *reply)
{
	struct scan scan = scan_over(value);
	uint64_t read = scan_number(&scan, number->most);

	if (number->given)
		return problem_set(reply, 400, "%s is given twice", number->name);
	if (!scan_done(&scan) || read < number->least)
		return problem_set(reply, 400, "%s is not a number from %" PRIu64 " to %" PRIu64,
				   number->name, number->least, number->most);
	number->value = read;
	number->given = true;
	return true;
}

bool
query_read(struct span query, struct query_number *numbers, unsigned count, struct reply *reply)
{
	while (query.len) {
		struct span value = cut(&query, '&');
		struct span name = cut(&value, '=');
		unsigned i = 0;

		while (i < count && !span_equal(name, span_of(numbers[i].name)))
			i++;
		if (i == count)
			return problem_set(reply, 400, "there is no parameter '%.*s' here",
					   (int)name.len, name.at);
		if (!read_one(value, &numbers[i], reply))
			return false;
	}
	return true;
}
