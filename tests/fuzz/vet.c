/* A head that passes has one reading only: one length at most, one host, a plain target. */
#include "web/vet.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static struct span
cut(struct span *rest, char at)
{
	const char *end = memchr(rest->at, at, rest->len);
	struct span head = { rest->at, end ? (size_t)(end - rest->at) : rest->len };

	*rest = span_after(*rest, head.len + 1);
	return head;
}

static unsigned
count(const struct vet_head *head, struct span name)
{
	unsigned found = 0;

	for (unsigned i = 0; i < head->count; i++)
		found += span_equal_nocase(head->field[i].name, name);
	return found;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct span rest = { (const char *)bytes, length };
	struct vet_rules rules = { .own_host = "", .body_most = 16384 };
	struct vet_head head = { .version = SPAN("HTTP/1.1") };
	struct request request = { 0 };
	struct reply reply = { 0 };

	head.method = cut(&rest, ' ');
	head.target = cut(&rest, '\n');
	while (rest.len && head.count < VET_FIELDS) {
		head.field[head.count].value = cut(&rest, '\n');
		head.field[head.count].name = cut(&head.field[head.count].value, ':');
		head.count++;
	}
	if (vet_check(&head, &rules, &request, &reply)) {
		assert(!reply.body && request.path.at[0] == '/' &&
		       !memchr(request.path.at, '%', request.path.len));
		assert(count(&head, SPAN("Content-Length")) +
			       count(&head, SPAN("Transfer-Encoding")) <=
		       1);
		assert(count(&head, SPAN("Host")) == 1 && !count(&head, SPAN("Transfer-Encoding")));
	} else {
		assert(reply.status >= 400 && reply.body);
	}
	free(reply.body);
	return 0;
}
