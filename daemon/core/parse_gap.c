#include "daemon/core/parse_gap.h"

bool
parse_gap(const struct envelope *envelope, struct record *out)
{
	struct span message = envelope->message;
	bool lost = false;

	/* "imuxsock ... begin to drop messages", "imuxsock ... 89 messages lost", "imjournal: ..."
	 */
	if (span_begins(envelope->program->name, SPAN("rsyslogd")))
		lost = span_contains(message, SPAN("due to rate-limiting"));
	else if (span_begins(envelope->program->name, SPAN("systemd-journal")) ||
		 span_equal(envelope->program->name, SPAN("journal")))
		lost = span_begins(message, SPAN("Forwarding to syslog missed ")) ||
		       (span_begins(message, SPAN("Suppressed ")) &&
			span_contains(message, SPAN(" messages from ")));
	if (!lost)
		return false;
	out->kind = RECORD_GAP;
	out->why = "the log says itself that lines were lost";
	return true;
}
