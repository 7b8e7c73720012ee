#include "daemon/core/parse_postfix.h"

#include "daemon/core/eat.h"
#include "daemon/core/parse_address.h"
#include "daemon/core/parse_id.h"
#include "daemon/core/parse_reject.h"
#include "daemon/core/parse_trouble.h"
#include "daemon/core/swar.h"

static void
answer(struct record *out, enum record_kind kind, const char *why)
{
	out->kind = kind;
	out->why = why;
}

/* "[:PORT][, sasl_...][, orig_queue_id=...][, orig_client=NAME[ADDR]]" behind a client. */
static __attribute__((noinline)) void
read_client_more(struct span rest, struct record *out)
{
	struct scan scan = eat_over(rest);

	if (EAT(&scan, ":")) /* smtpd_client_port_logging */
		scan_number(&scan, 65535);
	rest = scan_rest(&scan);
	if (scan.failed || (rest.len && !span_begins(rest, SPAN(", ")))) {
		answer(out, RECORD_BROKEN, "client= that is not an address in brackets");
		return;
	}
	if (span_contains(rest, SPAN(", sasl_method=")) ||
	    span_contains(rest, SPAN(", sasl_username="))) {
		out->authenticated = true;
		answer(out, RECORD_CLIENT, "a user of ours (sasl) opened this queue id");
	} else if (span_contains(rest, SPAN(", orig_queue_id="))) {
		out->given_back = true;
		answer(out, RECORD_CLIENT, "a content filter gave a message back under this id");
	} else if (span_contains(rest, SPAN(", orig_client="))) {
		const char *at = memmem(rest.at, rest.len, ", orig_client=", 14);
		struct scan origin = { .at = at, .end = rest.at + rest.len };
		struct span client;

		scan_until(&origin, '[');
		client = scan_until(&origin, ']');
		if (!origin.failed) {
			out->client = client;
			out->loopback = false;
			out->why = "a proxy in front says who the client is (orig_client=)";
		}
	}
}

/* "client=NAME[ADDR][:PORT][, sasl_...][, orig_queue_id=...][, orig_client=NAME[ADDR]]" */
static void
read_client(struct span client, struct record *out)
{
	const char *end = client.at + client.len, *from = swar_search(client.at, end, '[');
	const char *to = from ? swar_search(from + 1, end, ']') : NULL;

	if (!to) {
		answer(out, RECORD_BROKEN, "client= without an address in brackets");
		return;
	}
	out->client = (struct span){ from + 1, (size_t)(to - from) - 1 };
	answer(out, RECORD_CLIENT, "a client opened this queue id");
	out->loopback = EAT_IS(out->client, "127.0.0.1") || EAT_IS(out->client, "::1");
	if (to + 1 < end)
		read_client_more((struct span){ to + 1, (size_t)(end - to) - 1 }, out);
}

/* "reject: ", "milter-reject: ", "proxy-reject: " are refusals; no other action is. */
static bool
read_action(struct scan *scan)
{
	return EAT(scan, "reject: ") || EAT(scan, "milter-reject: ") || EAT(scan, "proxy-reject: ");
}

/* The services of master.cf that only users of ours are for, by the names that it gives them. */
static bool
for_users(struct span instance)
{
	return span_ends(instance, SPAN("/submission")) ||
	       span_ends(instance, SPAN("/submissions")) || span_ends(instance, SPAN("/smtps"));
}

static __attribute__((noinline)) void
read_reject(const struct envelope *envelope, struct span rest, enum parse_reject_by by,
	    struct record *out)
{
	parse_reject(rest, by, out);
	/* In 3.7 a refusal does not name the user. */
	if (out->kind == RECORD_REFUSED && for_users(envelope->program->instance)) {
		out->authenticated = true;
		out->why = "refused by a service for users of ours: no bounce arrives there";
	}
}

static __attribute__((noinline)) void
read_command(const struct envelope *envelope, struct record *out)
{
	struct scan scan = eat_over(envelope->message);

	if (EAT(&scan, "NOQUEUE: ") || EAT_BEGINS(envelope->message, "proxy-reject: ")) {
		if (read_action(&scan))
			read_reject(envelope, scan_rest(&scan), PARSE_REJECT_SMTPD, out);
	} else if (!parse_trouble(envelope->message, true, out) &&
		   parse_id_colon(&scan, &out->queue_id)) {
		if (EAT(&scan, "client="))
			read_client(scan_rest(&scan), out);
		else if (read_action(&scan))
			read_reject(envelope, scan_rest(&scan), PARSE_REJECT_SMTPD, out);
	}
}

static void
read_smtpd(const struct envelope *envelope, struct record *out)
{
	if (EAT_BEGINS(envelope->message, "connect from ")) {
		answer(out, RECORD_CONNECTED, "a session begins");
	} else if (EAT_BEGINS(envelope->message, "disconnect from ")) {
		out->text = span_after(envelope->message, 16);
		if (out->text.len)
			answer(out, RECORD_DISCONNECTED, "the session of this smtpd process ends");
	} else {
		read_command(envelope, out);
	}
}

static void
read_postscreen(const struct envelope *envelope, struct record *out)
{
	struct scan scan = eat_over(envelope->message);

	if (EAT(&scan, "NOQUEUE: reject: "))
		read_reject(envelope, scan_rest(&scan), PARSE_REJECT_POSTSCREEN, out);
	else
		parse_trouble(envelope->message, true, out);
}

static void
read_cleanup(const struct envelope *envelope, struct record *out)
{
	struct scan scan = eat_over(envelope->message);

	/* it always has a queue id: what has none was torn from a line of smtpd's */
	if (parse_trouble(envelope->message, false, out) || EAT(&scan, "NOQUEUE:") ||
	    !parse_id_colon(&scan, &out->queue_id))
		return;
	if (EAT(&scan, "message-id=")) {
		out->text = scan_rest(&scan);
		out->ends = true;
		answer(out, RECORD_MESSAGE_ID,
		       "its message-id, which shows when two queue ids are one message");
	} else if (EAT(&scan, "removed (")) {
		answer(out, RECORD_CANCELLED, "this queue id never became a message");
	} else if (read_action(&scan)) {
		read_reject(envelope, scan_rest(&scan), PARSE_REJECT_CLEANUP, out);
	}
}

/* "S>, size=361, nrcpt=1 (queue active)", "S>, status=expired, returned to sender" */
static void
read_from(struct span rest, struct record *out)
{
	struct scan scan = eat_over(rest);
	struct span sender = parse_address_next(&scan);

	out->null_sender = !scan.failed && sender.len == 0;
	if (EAT(&scan, ", size=")) {
		out->sender = sender;
		answer(out, RECORD_QUEUED,
		       out->null_sender ? "a message with the null sender is in the queue"
					: "a message with a sender is in the queue");
	} else if (EAT(&scan, ", status=expired") || EAT(&scan, ", status=force-expired")) {
		out->delivery = DELIVERY_FAILED;
		answer(out, RECORD_RETURNED, "given up after too long, returned to its sender");
	} else {
		answer(out, RECORD_BROKEN, "qmgr's from= is not readable without doubt");
	}
}

/* "ID: from=<S>, ...", "ID: removed" */
static void
read_qmgr(const struct envelope *envelope, struct record *out)
{
	struct scan scan = eat_over(envelope->message);

	if (parse_trouble(envelope->message, false, out) || !parse_id_colon(&scan, &out->queue_id))
		return;
	if (EAT_IS(scan_rest(&scan), "removed"))
		answer(out, RECORD_REMOVED, "this queue id is free again");
	else if (EAT(&scan, "from=<"))
		read_from(scan_rest(&scan), out);
}

static enum record_delivery
delivery_of(struct span rest)
{
	struct scan scan = eat_over(rest);

	if (EAT(&scan, "sent "))
		return DELIVERY_SENT;
	if (EAT(&scan, "deferred "))
		return DELIVERY_DEFERRED;
	if (EAT(&scan, "bounced ") || EAT(&scan, "expired "))
		return DELIVERY_FAILED;
	return DELIVERY_NONE;
}

/* "... queued as ID)": a filter on this host has the same message under another id. */
static void
read_next_id(struct span relay, struct span reply, struct record *out)
{
	struct scan scan = eat_over(relay);
	struct span id;

	if (!EAT(&scan, "127.0.0.1[127.0.0.1]:") && !EAT(&scan, "localhost[127.0.0.1]:") &&
	    !EAT(&scan, "::1[::1]:") && !EAT(&scan, "localhost[::1]:"))
		return;
	if (reply.len == 0 || reply.at[--reply.len] != ')')
		return;
	id = parse_id_backward(reply);
	reply.len -= id.len;
	if (id.len && reply.len >= 10 && __builtin_memcmp(id.at - 10, "queued as ", 10) == 0)
		out->next_id = id;
}

/* The fields of a delivery that matter; each is as its last one says. */
struct fields {
	struct span relay, status;
	const char *value; /* behind "status=" */
};

/* A comma; the field that begins there, and where the value of the one before ends. */
static inline bool
read_field(const char *at, struct fields *fields, struct span **open)
{
	if (*open)
		(*open)->len = (size_t)(at - (*open)->at);
	*open = NULL;
	if (at[2] == 's' && __builtin_memcmp(at, ", status=", 9) == 0)
		fields->value = at + 9;
	else if (at[2] == 'r' && __builtin_memcmp(at, ", relay=", 8) == 0)
		*(*open = &fields->relay) = (struct span){ at + 8, 0 };
	else if (at[3] == 's' && __builtin_memcmp(at, ", dsn=", 6) == 0)
		*(*open = &fields->status) = (struct span){ at + 6, 0 };
	return fields->value != NULL;
}

/* The same for each of these commas, bit by bit; says whether the value was found. */
static inline bool
read_marked(const char *at, uint64_t commas, struct fields *fields, struct span **open)
{
	for (; commas; commas &= commas - 1)
		if (read_field(at + __builtin_ctzll(commas), fields, open))
			return true;
	return false;
}

/* ", relay=..., [conn_use=N, ]delay=..., delays=..., [dsn=2.0.0, ]status=": up to the value. */
static bool
read_fields(struct span rest, struct fields *fields)
{
	const char *at = rest.at, *end = rest.at + rest.len - 8; /* behind it none can begin */
	struct span *open = NULL;

	if (rest.len < SWAR_FAR + 8) {
		for (; rest.len > 8 && at < end; at++)
			if (*at == ',' && read_field(at, fields, &open))
				return true;
		return false;
	}
	for (; end - at > SWAR_FAR; at += SWAR_FAR)
		if (read_marked(at, swar_are_far(at, ','), fields, &open))
			return true;
	/* The last step begins in the one before. */
	return read_marked(end - SWAR_FAR,
			   swar_are_far(end - SWAR_FAR, ',') & ~UINT64_C(0)
								       << (SWAR_FAR - (end - at)),
			   fields, &open);
}

/* "to=<R>, [orig_to=<R>, ]relay=..., delay=..., [dsn=2.0.0, ]status=sent (...)" */
static void
read_recipient(struct span rest, struct record *out)
{
	struct scan scan = eat_over(rest);
	struct fields fields = { 0 };

	out->recipient = parse_address_next(&scan);
	if (EAT(&scan, ", orig_to=<"))
		out->recipient = parse_address_forward(&scan);
	out->fields = scan_rest(&scan);
	if (scan.failed || !span_begins(scan_rest(&scan), SPAN(", ")) ||
	    !read_fields(out->fields, &fields)) {
		answer(out, RECORD_BROKEN, "a delivery whose recipient or status is not readable");
		return;
	}
	rest = span_after(rest, (size_t)(fields.value - rest.at));
	out->status = fields.status;
	out->delivery = delivery_of(rest);
	answer(out, RECORD_RECIPIENT,
	       "a delivery attempt; its recipient is the address that the sender wrote");
	if (out->delivery != DELIVERY_SENT || fields.relay.len == 0)
		return;
	read_next_id(fields.relay, rest, out);
	out->relay = fields.relay;
}

static void
read_delivery(const struct envelope *envelope, struct record *out)
{
	struct scan scan = eat_over(envelope->message);

	if (!parse_trouble(envelope->message, false, out) &&
	    parse_id_colon(&scan, &out->queue_id) && EAT(&scan, "to=<"))
		read_recipient(scan_rest(&scan), out);
}

/* "OLD: sender non-delivery notification: NEW" */
static void
read_bounce(const struct envelope *envelope, struct record *out)
{
	static const struct span kinds[] = {
		{ "sender non-delivery notification: ", 34 },
		{ "sender delay notification: ", 27 },
		{ "sender delivery status notification: ", 37 },
	};
	struct scan scan = eat_over(envelope->message);
	struct span old;

	if (parse_trouble(envelope->message, false, out) || !parse_id_colon(&scan, &old))
		return;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (scan_maybe(&scan, kinds[i])) {
			out->queue_id = parse_id(&scan);
			if (out->queue_id.len && scan.at == scan.end)
				answer(out, RECORD_LOCAL_DSN,
				       "this MTA made a bounce itself, under this id");
			else
				answer(out, RECORD_BROKEN, "a notification without its queue id");
			return;
		}
}

static void
only_trouble(const struct envelope *envelope, struct record *out)
{
	parse_trouble(envelope->message, false, out);
}

typedef void read_message(const struct envelope *envelope, struct record *out);

static const struct {
	struct span daemon;
	read_message *read;
} readers[] = {
	{ { "smtpd", 5 }, read_smtpd },	   { { "cleanup", 7 }, read_cleanup },
	{ { "qmgr", 4 }, read_qmgr },	   { { "nqmgr", 5 }, read_qmgr },
	{ { "oqmgr", 5 }, read_qmgr },	   { { "smtp", 4 }, read_delivery },
	{ { "lmtp", 4 }, read_delivery },  { { "pipe", 4 }, read_delivery },
	{ { "local", 5 }, read_delivery }, { { "virtual", 7 }, read_delivery },
	{ { "error", 5 }, read_delivery }, { { "retry", 5 }, read_delivery },
	{ { "relay", 5 }, read_delivery }, { { "discard", 7 }, read_delivery },
	{ { "bounce", 6 }, read_bounce },  { { "postscreen", 10 }, read_postscreen },
	{ { "master", 6 }, only_trouble }, { { "pickup", 6 }, only_trouble },
};

#define READERS (sizeof(readers) / sizeof(readers[0]))

/* By the daemon's name: its row, from 1; 0 when its lines do not matter here. */
static uint8_t
row_of(struct span daemon)
{
	for (size_t i = 0; i < READERS; i++)
		if (span_equal(readers[i].daemon, daemon))
			return (uint8_t)(i + 1);
	return 0;
}

bool
parse_postfix_claims(const struct envelope *envelope)
{
	struct envelope_program *program = envelope->program;

	program->claim[1] = program->instance.len ? row_of(program->daemon) : 0;
	return program->claim[1] != 0;
}

void
parse_postfix(const struct envelope *envelope, struct record *out)
{
	uint8_t row = envelope->program->claim[1];

	out->why = "a line of Postfix that is not of interest";
	if (row && envelope->message.len)
		readers[row - 1].read(envelope, out);
}
