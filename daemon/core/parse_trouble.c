#include "daemon/core/parse_trouble.h"

#include "daemon/core/eat.h"
#include "daemon/core/parse_id.h"

static void
answer(struct record *out, enum record_kind kind, const char *why)
{
	out->kind = kind;
	out->why = why;
}

/* "Connection rate limit exceeded: ..." and its like, and a full disk. */
static void
read_warning(struct scan *scan, struct record *out)
{
	static const struct span limits[] = {
		{ "Connection concurrency limit exceeded: ", 39 },
		{ "Connection rate limit exceeded: ", 32 },
		{ "Message delivery request rate limit exceeded: ", 46 },
		{ "Recipient address rate limit exceeded: ", 39 },
	};
	struct span rest = scan_rest(scan);

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (span_begins(rest, limits[i])) {
			answer(out, RECORD_PRESSURE, "a client is above a limit of anvil");
			return;
		}
	if (span_begins(rest, SPAN("service \"")) &&
	    span_contains(rest, SPAN(" has reached its process limit "))) {
		answer(out, RECORD_PRESSURE, "a service has reached its process limit");
		return;
	}
	if (span_begins(rest, SPAN("mail for ")) &&
	    span_ends(rest, SPAN(" active queue entries"))) {
		answer(out, RECORD_PRESSURE, "one destination fills the active queue");
		return;
	}
	if (parse_id_colon(scan, &out->queue_id)) {
		if (span_equal(scan_rest(scan), SPAN("queue file size limit exceeded")))
			answer(out, RECORD_TOO_LARGE,
			       "refused at its end, too large; the log does not say the sender");
		else
			out->queue_id.len = 0;
	}
}

bool
parse_trouble_read(struct span message, bool speaks_to_strangers, struct record *out)
{
	struct scan scan = eat_over(message);
	bool fatal = EAT(&scan, "fatal: ");

	if (!fatal && !EAT(&scan, "warning: "))
		return false;
	answer(out, RECORD_OTHER, "a warning that says nothing about mail or limits");
	if ((fatal || !speaks_to_strangers) &&
	    span_ends(scan_rest(&scan), SPAN("No space left on device")))
		answer(out, RECORD_PRESSURE, "the disk is full");
	else if (!fatal)
		read_warning(&scan, out);
	return true;
}
