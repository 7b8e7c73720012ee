#include "daemon/core/parse_exim.h"

#include "daemon/core/eat.h"
#include "daemon/core/parse_address.h"
#include "daemon/core/parse_exim_fields.h"
#include "daemon/core/parse_exim_refused.h"

static void
answer(struct record *out, enum record_kind kind, const char *why)
{
	out->kind = kind;
	out->why = why;
}

bool
parse_exim_claims(const struct envelope *envelope)
{
	return envelope->shape == ENVELOPE_EXIM ||
	       (envelope->shape == ENVELOPE_SYSLOG &&
		span_begins(envelope->program->name, SPAN("exim")));
}

/* The sender of an arrival: "<>", or an address with its quotes. */
static void
read_sender(struct scan *scan, struct record *out)
{
	struct span sender;

	if (EAT(scan, "<> ")) {
		scan->at--;
		out->null_sender = true;
		return;
	}
	sender = parse_exim_fields_word(scan);
	if (sender.len == 0 || span_equal(sender, SPAN("<>")))
		scan_fail(scan);
	else
		out->sender = sender;
}

/* " P=esmtp X=.. CV=no A=login:bob S=287", the host is already eaten. False: ours, or not whole. */
static bool
read_protocol(struct scan *scan, struct record *out)
{
	int protocols = 0;

	while (EAT(scan, " ")) {
		struct span word;

		if (EAT(scan, "A=")) {
			out->authenticated = true;
			return false;
		}
		word = parse_exim_fields_word(scan);
		protocols += span_begins(word, SPAN("P="));
		if (span_begins(word, SPAN("S=")))
			return protocols == 1 && !scan->failed;
		if (scan->failed)
			return false;
	}
	scan_fail(scan);
	return false;
}

/* " RT=0.1s id=a@b T="Subject" from <S> for R": all that is behind the size, or fails. */
static void
read_tail(struct scan *scan, struct record *out)
{
	while (!scan->failed && scan->at < scan->end) {
		if (EAT(scan, " from <")) {
			parse_address_forward(scan);
		} else if (EAT(scan, " for")) {
			out->recipient = parse_exim_fields_list(scan);
			return;
		} else if (EAT(scan, " id=")) {
			out->text = parse_exim_fields_word(scan);
		} else if (EAT(scan, " ")) {
			struct span word = parse_exim_fields_word(scan);

			if (!memchr(word.at, '=', word.len))
				scan_fail(scan);
		} else {
			scan_fail(scan);
		}
	}
}

/* Whatever cannot be read behind the size is a long subject, or the true end of a false HELO. */
static void
read_behind(struct scan *scan, bool cut, struct record *out)
{
	struct span rest = scan_rest(scan);

	read_tail(scan, out);
	if (scan->failed && memmem(rest.at, rest.len, ") [", 3)) {
		answer(out, RECORD_BROKEN, "an arrival that can be read in two ways");
		return;
	}
	if (scan->failed || cut)
		out->recipient = (struct span){ 0 };
	out->ends = true;
	answer(out, RECORD_ARRIVED,
	       out->null_sender ? "a message with the null sender; its client is the address in H="
				: "a message; its client is the address in H=");
}

static void
read_from_network(struct scan *scan, bool cut, struct record *out)
{
	out->client = parse_exim_fields_host(scan);
	out->loopback =
		span_equal(out->client, SPAN("127.0.0.1")) || span_equal(out->client, SPAN("::1"));
	if (EAT(scan, " U="))
		parse_exim_fields_word(scan);
	if (read_protocol(scan, out))
		read_behind(scan, cut, out);
	else if (out->authenticated)
		answer(out, RECORD_ARRIVED, "a user of ours (A=) sends it: not counted");
	else
		answer(out, RECORD_BROKEN, "an arrival without its client, protocol or size");
}

static void
read_arrival(struct scan *scan, bool cut, struct record *out)
{
	bool reference;

	read_sender(scan, out);
	reference = EAT(scan, " R=");
	if (reference)
		parse_exim_fields_word(scan);
	EAT(scan, " DS");
	if (EAT(scan, " H=")) {
		read_from_network(scan, cut, out);
	} else if (scan->failed) {
		answer(out, RECORD_BROKEN, "an arrival without its sender");
	} else if (out->null_sender && reference) {
		answer(out, RECORD_LOCAL_DSN, "a bounce made here of the message in R=");
	} else {
		out->local = true;
		answer(out, RECORD_ARRIVED, "a message made on this host (no H=): not counted");
	}
}

/* " R=dnslookup T=remote_smtp H=mx.example [192.0.2.1] C=..": the host, as far as it is there. */
static struct span
read_relay(struct scan *scan)
{
	while (!scan->failed && EAT(scan, " ")) {
		if (EAT(scan, "H=")) {
			struct span address = parse_exim_fields_host(scan);

			if (scan->failed)
				address = (struct span){ 0 };
			return address;
		}
		if (EAT(scan, "C=\"") || EAT(scan, "Q="))
			break;
		parse_exim_fields_word(scan);
	}
	return (struct span){ 0 };
}

static void
read_delivery(struct scan *scan, bool cut, enum record_delivery delivery, struct record *out)
{
	if (EAT(scan, "blackhole (")) {
		out->why = "its recipients were discarded";
		return;
	}
	out->recipient = parse_exim_fields_delivered(scan);
	if (scan->failed || cut) {
		out->recipient = (struct span){ 0 };
		answer(out, RECORD_BROKEN, "a delivery whose recipient is not readable");
		return;
	}
	out->delivery = delivery;
	out->fields = scan_rest(scan);
	if (delivery == DELIVERY_SENT)
		out->relay = read_relay(scan);
	answer(out, RECORD_RECIPIENT, "a delivery names the recipient of this message");
}

/* "Connection from [ADDRESS][:port][ I=[..]:port] refused: too many connections" */
static void
read_connection(struct scan *scan, struct record *out)
{
	if (!span_begins(scan_rest(scan), SPAN("[")))
		return;
	out->client = parse_exim_fields_host(scan);
	if (EAT(scan, " refused: too many connections") || EAT(scan, " refused: load average = "))
		answer(out, RECORD_PRESSURE, "Exim refuses connections: it is at a limit");
}

static void
read_of_message(struct scan *scan, bool cut, struct record *out)
{
	if (EAT(scan, "<= ") || EAT(scan, "(= "))
		read_arrival(scan, cut, out);
	else if (EAT(scan, "=> ") || EAT(scan, "-> ") || EAT(scan, ">> "))
		read_delivery(scan, cut, DELIVERY_SENT, out);
	else if (EAT(scan, "== "))
		read_delivery(scan, cut, DELIVERY_DEFERRED, out);
	else if (EAT(scan, "** "))
		read_delivery(scan, cut, DELIVERY_FAILED, out);
	else if (EAT(scan, "Completed"))
		answer(out, RECORD_REMOVED, "the message is done");
	else if (EAT(scan, "no immediate delivery: load average ") ||
		 EAT(scan, "no immediate delivery: too many connections"))
		answer(out, RECORD_PRESSURE, "Exim only queues: it is at a limit");
	else
		parse_exim_refused(scan, out);
}

void
parse_exim(const struct envelope *envelope, struct record *out)
{
	struct span message = envelope->message;
	struct scan scan;
	bool cut = false;

	out->why = "a line of Exim that says nothing about bounces";
	if (envelope->shape == ENVELOPE_SYSLOG) {
		if (!parse_exim_fields_part(&message, &cut)) {
			out->why = "a later part of a message that came in parts";
			return;
		}
		scan = eat_over(message);
		parse_exim_fields_stamp(&scan);
	} else {
		scan = eat_over(message);
	}
	out->queue_id = parse_exim_fields_id(&scan);
	if (out->queue_id.len)
		read_of_message(&scan, cut, out);
	else if (EAT(&scan, "Connection from "))
		read_connection(&scan, out);
	else
		parse_exim_refused(&scan, out);
	if (envelope->shape == ENVELOPE_SYSLOG)
		out->twice = out->kind == RECORD_REFUSED ? TWICE_MAYBE : TWICE_APART;
}
