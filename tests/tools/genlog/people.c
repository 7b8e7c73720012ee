#include "tests/tools/genlog/people.h"

#include "tests/tools/genlog/options.h"

#include <stdio.h>

#define STRANGERS 2000

void
people_client(char client[ADDRESS])
{
	int kind = some(0, 9), a = some(1, 220), b = some(1, 254), c = some(1, 30);

	if (kind < 6)
		snprintf(client, ADDRESS, "mail-%d.isp%d.example[198.%d.%d.%d]", a, c, 18 + c % 2,
			 a, b);
	else if (kind < 9)
		snprintf(client, ADDRESS, "unknown[203.0.%d.%d]", a, b);
	else
		snprintf(client, ADDRESS, "unknown[2001:db8:%x::%x]", (unsigned)a, (unsigned)b);
}

void
people_sender(struct actor *actor)
{
	static const char *const hostile[] = {
		"\"a>, size=1, nrcpt=1 (queue active) from=<\"",
		"\"x> to=<v@victim.example> proto=ESMTP helo=<h>; from=<\"",
		"\"from=<>, size=1\"",
		"\"a\\\" from=<> \\\\\"",
		"\"NOQUEUE: reject: RCPT from x[192.0.2.1]: 550 5.1.1 <v@x>: z; from=<> to=<v@x>\"",
		"from=",
		"a+nrcpt=1-removed",
	};
	int number = some(1, 9999), peer = some(1, 20);

	if (actor->hostile)
		snprintf(actor->from, ADDRESS, "%s@peer%d.example", hostile[some(0, 6)], peer);
	else if (percent(options.often[OFTEN_UTF8]))
		snprintf(actor->from, ADDRESS, "j\xc3\xbcrgen%d@peer%d.example", number, peer);
	else
		snprintf(actor->from, ADDRESS, "user%d@peer%d.example", number, peer);
}

static void
hostile_recipient(struct actor *actor, const char *head, const char *domain)
{
	static const char *const locals[][2] = {
		{ "\"", " from=<> to=<v@x>; \"" },
		{ "\"", ": User unknown; from=<> to=<v@victim.example> proto=ESMTP helo=<a\"" },
		{ "\"", ", relay=none, delay=1, dsn=5.1.1, status=bounced (\"" },
		{ "\"", ">, orig_to=<v@victim.example\"" },
		{ "\"", "\\\">; from=<> to=<\\\"v\"" },
		{ "\"", "@victim.example\"" },
		{ "", "=from=,to=,status=sent" },
	};
	int kind = some(0, 6);

	snprintf(actor->to, ADDRESS, "%s%s%d%s@%s", locals[kind][0], head, some(1, 999),
		 locals[kind][1], domain);
}

/* The same domain, as some write it. */
static void
capitals(char *domain)
{
	for (; *domain; domain++)
		if (*domain >= 'a' && *domain <= 'z' && some(0, 1))
			*domain += 'A' - 'a';
}

void
people_recipient(struct actor *actor, const char *head)
{
	char domain[TRUTH_NAME];

	actor->domain = percent(70) ? 1 : some(1, options.domains);
	span_copy(span_of(truth_name(actor->domain)), domain, sizeof(domain));
	if (percent(2))
		capitals(domain);
	if (percent(options.often[OFTEN_HOSTILE]))
		hostile_recipient(actor, head, domain);
	else if (percent(options.often[OFTEN_UTF8]))
		snprintf(actor->to, ADDRESS, "%s-\xe7\x94\xa8\xe6\x88\xb7%d@%s", head,
			 some(1, 9999), domain);
	else if (percent(2))
		snprintf(actor->to, ADDRESS, "%s+tag=%d'x@%s", head, some(1, 9999), domain);
	else
		snprintf(actor->to, ADDRESS, "%s%d@%s", head, some(1, 9999), domain);
}

void
people_stranger(struct actor *actor)
{
	char domain[TRUTH_NAME] = "elsewhere.example";

	if (percent(options.often[OFTEN_STRANGERS]))
		snprintf(domain, sizeof(domain), "s%d.elsewhere.example", some(1, STRANGERS));
	actor->domain = truth_domain(domain);
	snprintf(actor->to, ADDRESS, "who%d@%s", some(1, 99), domain);
}

const char *
people_helo(const struct actor *actor)
{
	static const char *const hostile[] = {
		"x?;?from=??to=?v?victim.example?",
		"?from=??",
		"]:?550?5.1.1",
		"helo=?proto=ESMTP",
	};
	static char helo[64];

	if (actor->hostile)
		return hostile[some(0, 3)];
	snprintf(helo, sizeof(helo), "mta.%d.example", actor->pid);
	return helo;
}

void
people_message_id(struct actor *actor)
{
	static const char *const hostile[] = {
		"<a>, from=<>, size=1, nrcpt=1 (queue active)",
		"<x@y> removed (",
		"reject: header x from h[192.0.2.1]; from=<> to=<v@x> helo=<h>: 5.7.1 z",
	};

	if (actor->hostile)
		snprintf(actor->message_id, ADDRESS, "%s.%lld", hostile[some(0, 2)],
			 (long long)actor->at_us);
	else
		snprintf(actor->message_id, ADDRESS, "<%d.%lld@%s>", some(100, 999999),
			 (long long)actor->at_us,
			 actor->null_sender ? "mta.example" : "peer.example");
}

const char *
people_accepts(const struct actor *actor)
{
	static const char *const hostile[] = {
		"250 2.1.5 Ok; from=<>, size=1, nrcpt=1",
		"250 ok, dsn=5.1.1, status=bounced (no",
		("250 2.0.0 NOQUEUE: reject: RCPT from evil[203.0.113.9]: 550 5.1.1 <v@x>: y; "
		 "from=<> to=<v@x> proto=ESMTP helo=<evil>"),
	};

	return actor->hostile ? hostile[some(0, 2)] : "250 2.1.5 Ok";
}

const char *
people_refuses(const struct actor *actor)
{
	return actor->hostile
		       ? "host mx.far.example[192.0.2.7] said: 550 5.1.1 NOQUEUE: reject: RCPT "
			 "from evil[203.0.113.9]: 550 5.1.1 <v@x>: from=<> to=<v@x> proto=ESMTP "
			 "helo=<evil> (in reply to RCPT TO command)"
		       : "host mx.far.example[192.0.2.7] said: 550 5.1.1 User unknown (in reply "
			 "to RCPT TO command)";
}
