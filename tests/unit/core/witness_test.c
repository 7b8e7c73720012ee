#include "daemon/core/clues.h"
#include "daemon/core/parse_tag.h"
#include "daemon/core/witness.h"
#include "tests/unit/core/log_lines.h"

#include <criterion/criterion.h>

#define NOW INT64_C(1795700000) /* 2026-11-26 */
#define POSTFIX "Nov 24 16:36:27 mx1 postfix/"
#define REJECT POSTFIX "smtpd[301]: NOQUEUE: reject: RCPT from unknown[127.0.2.65]: "
#define TAIL(to) "; from=<> to=<" to "> proto=ESMTP helo=<h>\n"
#define SENDMAIL "Nov 24 16:51:11 mx4 sm-mta[628]: "
#define OPENSMTPD "Nov 25 22:15:56 mx1 smtpd[106]: "
#define QMAIL "@400000006b05c2ef37344d24 "
#define FROM_NULL(id, client)                                                                      \
	POSTFIX "smtpd[301]: " id ": client=h.example[" client "]\n" POSTFIX "qmgr[2]: " id        \
		": from=<>, size=299, nrcpt=1 (queue active)\n"
#define LOCAL(id, to)                                                                              \
	POSTFIX "virtual[3]: " id ": to=<" to ">, relay=virtual, delay=1, dsn=2.0.0, status=sent " \
		"(delivered)\n"
#define REFUSED_ONE "unknown_users 1 with_client 1 new_clients 1"

static struct contacts contacts;
static struct witness *witness;

static void
take(void *ctx, const struct event *event)
{
	witness_take(witness, event, *(int64_t *)ctx);
}

static void
feed(const char *lines, int64_t oldest_fresh_us)
{
	struct reader_options options = { .reference = NOW,
					  .default_domain = "example.test",
					  .at_once = true };
	struct reader *reader = reader_new(&options);

	cr_assert(reader);
	log_lines_feed(reader, span_of(lines), take, &oldest_fresh_us);
	reader_free(reader);
}

/* "unknown_users 1 with_client 1 ...": what is not zero. */
static void
said(const char *domain, struct text *text)
{
	const struct evidence *evidence = witness_said(witness, span_of(domain));

	cr_assert(evidence);
	for (int i = 0; i < CLUES_NUMBERS; i++) {
		double value = clues_value(evidence, (enum clues_number)i);

		if (value < 0 || value > 0)
			text_add(text, "%s%s %.0f", text->len ? " " : "",
				 clues_name((enum clues_number)i), value);
	}
}

static void
begin(void)
{
	static const uint64_t secret[2] = { 1, 2 };

	contacts_init(&contacts, secret, NOW);
	witness = witness_new(2, &contacts);
	cr_assert(witness_watch(witness, SPAN("Example.test"), true));
	cr_assert(witness_watch(witness, SPAN("other.test"), false));
	cr_assert_not(witness_watch(witness, SPAN("third.test"), false), "no room");
}

static void
end(void)
{
	witness_free(witness);
}

TestSuite(witness, .init = begin, .fini = end);

static void
expect(const char *lines, const char *domain, const char *wanted)
{
	char got[256];
	struct text text = TEXT(got);

	said(domain, &text);
	cr_assert_str_eq(got, wanted, "of %s\n%s", domain, lines);
}

static const struct {
	const char *lines, *wanted;
} rows[] = {
	/* Postfix */
	{ REJECT "550 5.1.1 <u1@example.test>: Recipient address rejected: User unknown in virtual "
		 "mailbox table" TAIL("u1@example.test"),
	  REFUSED_ONE },
	{ REJECT "550 <u1@example.test>: Recipient address rejected: User unknown in local "
		 "recipient table" TAIL("u1@example.test"),
	  REFUSED_ONE },
	{ REJECT
	  "554 5.7.1 <custom554@example.test>: Recipient address rejected: Access denied" TAIL(
		  "custom554@example.test"),
	  "with_client 1 new_clients 1" },
	{ REJECT "450 4.1.1 <u@example.test>: Recipient address rejected: unverified address: "
		 "Address verification in progress" TAIL("u@example.test"),
	  "with_client 1 new_clients 1" },
	{ REJECT "550 <\"x: Recipient address rejected: User unknown\"@example.test>: Access "
		 "denied" TAIL("\"x: Recipient address rejected: User unknown\"@example.test"),
	  "with_client 1 new_clients 1" },
	{ POSTFIX "smtpd[301]: NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 550 5.1.1 "
		  "<u1@example.test>: Recipient address rejected: User unknown in virtual mailbox "
		  "table; from=<a@b.test> to=<u1@example.test> proto=ESMTP helo=<h>\n",
	  "" },
	{ REJECT "451 4.7.1 <prvs=1234abcdef=u1@example.test>: Recipient address rejected: "
		 "greylisted" TAIL("prvs=1234abcdef=u1@example.test"),
	  "tagged 1 with_client 1 new_clients 1" },
	{ REJECT "550 5.1.1 <prvs=1234abcdef=u1@example.test>: Recipient address rejected: User "
		 "unknown in virtual mailbox table" TAIL("prvs=1234abcdef=u1@example.test"),
	  REFUSED_ONE },
	{ FROM_NULL("0D045A7E264", "192.0.2.7")
		  LOCAL("0D045A7E264", "PRVS=0123abcdef=u@example.test"),
	  "tagged 1 with_client 1 new_clients 1" },
	{ FROM_NULL("0D045A7E264", "192.0.2.7") LOCAL("0D045A7E264", "u@example.test"),
	  "with_client 1 new_clients 1" },
	{ POSTFIX "smtpd[3]: 0D045A7E264: client=unknown[198.51.100.7]\n" POSTFIX
		  "smtpd[3]: disconnect from unknown[198.51.100.7] ehlo=1 mail=1 rcpt=1 quit=1 "
		  "commands=4\n",
	  "probes 1" },
	{ POSTFIX
	  "qmgr[248]: 40275A7E389: from=<u1@Example.test>, size=346, nrcpt=1 (queue "
	  "active)\n" POSTFIX
	  "smtp[302]: 40275A7E389: to=<ok@relay.test>, relay=mx.relay.test[192.0.2.9]:25, "
	  "delay=0.01, delays=0/0.01/0/0, dsn=2.0.0, status=sent (250 2.0.0 Ok)\n" FROM_NULL(
		  "1", "192.0.2.77") FROM_NULL("0D045A7E264", "192.0.2.77"),
	  "with_client 1 new_clients 1 asked 1 sent 1" },
	{ POSTFIX "qmgr[248]: 40275A7E389: from=<u1@stranger.test>, size=346, nrcpt=1 (queue "
		  "active)\n" POSTFIX
		  "smtp[302]: 40275A7E389: to=<ok@relay.test>, relay=mx.relay.test[192.0.2.9]:25, "
		  "delay=0.01, delays=0/0.01/0/0, dsn=2.0.0, status=sent (250 2.0.0 Ok)\n",
	  "" },
	{ POSTFIX "qmgr[248]: 40275A7E389: from=<u1@example.test>, size=346, nrcpt=1 (queue "
		  "active)\n" POSTFIX
		  "lmtp[302]: 40275A7E389: to=<a@other.test>, relay=box[10.0.0.9]:24, "
		  "delay=0.01, delays=0/0.01/0/0, dsn=2.0.0, status=sent (250 2.0.0 Ok)\n" POSTFIX
		  "smtp[302]: 40275A7E389: to=<ok@relay.test>, relay=mx.relay.test[192.0.2.9]:25, "
		  "delay=0.01, delays=0/0.01/0/0, dsn=4.0.0, status=deferred (450 4.0.0 no)\n",
	  "" },
	/* Exim */
	{ "2026-11-24 16:46:08 H=(mta.sender.example) [127.0.2.1] F=<> rejected RCPT "
	  "<ghost@example.test>: Unrouteable address\n",
	  REFUSED_ONE },
	{ "2026-11-24 16:46:08 H=(mta.sender.example) [127.0.2.1] F=<> rejected RCPT "
	  "<ghost@example.test>: relay not permitted\n",
	  "with_client 1 new_clients 1" },
	{ "2026-11-24 16:46:08 H=(mta.sender.example) [127.0.2.1] F=<> temporarily rejected RCPT "
	  "<SRS0=HHH=TT=orig.test=joe@example.test>: greylisted\n",
	  "tagged 1 with_client 1 new_clients 1" },
	{ "2026-11-25 22:14:57 1xWLGT-0000Jd-0d <= u0@example.test H=(mta.sender.example) "
	  "[127.0.2.1] P=esmtpa A=plain_login:anna S=263 id=135@far.example\n"
	  "2026-11-25 22:14:57 1xWLGT-0000Jd-0d => ok1@relay.test R=remote T=smtp "
	  "H=198.51.100.200 [198.51.100.200] C=\"250 2.0.0 taken\"\n"
	  "2026-11-25 22:14:58 H=(h) [198.51.100.3] F=<> rejected RCPT <u@example.test>: "
	  "greylisted\n",
	  "with_client 1 new_clients 1 asked 1 sent 1" },
	{ "2026-11-25 22:14:57 1xWLGT-0000Jd-0d <= u0@example.test U=u0 P=local S=263\n"
	  "2026-11-25 22:14:57 1xWLGT-0000Jd-0d => \"x H=y [192.0.2.1]\"@relay.test "
	  "<\"x H=y [192.0.2.1]\"@relay.test> R=remote T=smtp H=a [198.51.100.200] C=\"250 H=z "
	  "[192.0.2.1]\"\n"
	  "2026-11-25 22:14:58 H=(h) [192.0.2.3] F=<> rejected RCPT <u@example.test>: greylisted\n",
	  "with_client 1 new_clients 1 sent 1" },
	/* Sendmail */
	{ SENDMAIL "6AOGpBsL000626: <ghost0@example.test>... User unknown\n" SENDMAIL
		   "6AOGpBsL000626: from=<>, size=0, class=0, nrcpts=0, proto=ESMTP, "
		   "daemon=MTA-v4, relay=[127.0.2.1]\n",
	  REFUSED_ONE },
	{ SENDMAIL "6AOGpBsL000626: <ghost0@example.test>... this list is closed\n" SENDMAIL
		   "6AOGpBsL000626: from=<>, size=0, class=0, nrcpts=0, proto=ESMTP, "
		   "daemon=MTA-v4, relay=[127.0.2.1]\n",
	  "with_client 1 new_clients 1" },
	{ SENDMAIL "6AOGpBsL000626: ruleset=check_rcpt, arg1=<x@example.test>, relay=[127.0.2.1], "
		   "reject=550 5.1.1 <x@example.test>... User unknown\n" SENDMAIL
		   "6AOGpBsL000626: ruleset=check_rcpt, arg1=<prvs=1234abcdef=y@example.test>, "
		   "relay=[127.0.2.1], reject=451 4.7.1 Greylisted\n" SENDMAIL
		   "6AOGpBsL000626: from=<>, size=0, class=0, nrcpts=0, proto=ESMTP, "
		   "daemon=MTA-v4, relay=[127.0.2.1]\n",
	  "unknown_users 1 tagged 1 with_client 2 new_clients 1" },
	{ SENDMAIL "6AOGpAUx000621: from=<u1@example.test>, size=115, class=0, nrcpts=1, "
		   "msgid=<1@example.test>, proto=ESMTP, daemon=MTA-v4, relay=localhost "
		   "[127.0.0.1]\n" SENDMAIL
		   "6AOGpAUx000621: to=<ok@relay.test>, delay=00:00:01, xdelay=00:00:01, "
		   "mailer=esmtp, pri=30117, relay=mx.relay.test. [198.51.100.2], dsn=2.0.0, "
		   "stat=Sent (Ok: queued as 4ABCDEF0123)\n",
	  "sent 1" },
	/* OpenSMTPD does not log whose a refused recipient was. */
	{ OPENSMTPD "b677f31d846d547b smtp failed-command command=\"RCPT TO:<ghost@example.test>\" "
		    "result=\"550 Invalid recipient: <ghost@example.test>\"\n",
	  "" },
	{ OPENSMTPD "b677f31d846d547b mta delivery evpid=3999adf4e5046b5c from=<u@example.test> "
		    "to=<ok0@relay.test> rcpt=<-> source=\"198.51.100.1\" relay=\"198.51.100.200 "
		    "(far.end.example)\" delay=1s result=\"Ok\" stat=\"250 2.0.0 taken\"\n",
	  "sent 1" },
	{ OPENSMTPD "b677f31d846d547b mta delivery evpid=3999adf4e5046b5c from=<u@example.test> "
		    "to=<ok0@relay.test> rcpt=<-> source=\"198.51.100.1\" relay=\"198.51.100.200 "
		    "(far.end.example)\" delay=1s result=\"TempFail\" stat=\"450 no\"\n",
	  "" },
	/* qmail */
	{ QMAIL "qmail-smtpd: pid 100 Reject::RCPT::Failed_Rcptto P:ESMTP S:192.0.2.1:h.test H:h "
		"F: T:u@example.test\n",
	  REFUSED_ONE },
	{ QMAIL "info msg 961: bytes 309 from <u1@example.test> qp 713 uid 6012\n" QMAIL
		"starting delivery 23: msg 961 to remote ok@relay.test\n" QMAIL
		"delivery 23: success: 127.0.0.2_accepted_message./Remote_host_said:_250_2.0.0/\n",
	  "sent 1" },
	{ QMAIL "info msg 961: bytes 309 from <u1@example.test> qp 713 uid 6012\n" QMAIL
		"starting delivery 23: msg 961 to local ok@example.test\n" QMAIL
		"delivery 23: success: did_1+0+0/\n",
	  "" },
};

Test(witness, each_mta_tells_what_it_tells)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		end();
		begin();
		feed(rows[i].lines, 0);
		expect(rows[i].lines, "example.test", rows[i].wanted);
		expect(rows[i].lines, "other.test", "");
	}
}

Test(witness, history_is_no_evidence_but_teaches_from_mail)
{
	static const char history[] = POSTFIX
		"smtpd[301]: 4F: client=old[192.0.2.1]\n" POSTFIX
		"smtpd[301]: 0D045A7E265: client=old[192.0.2.1]\n" POSTFIX
		"qmgr[2]: 0D045A7E265: from=<a@b.test>, size=299, nrcpt=1 (queue active)\n" LOCAL(
			"0D045A7E265", "u@example.test") FROM_NULL("0D045A7E266", "198.51.100.1")
			LOCAL("0D045A7E266", "u@example.test");
	static const char now[] = FROM_NULL("0D045A7E267", "192.0.2.1")
		LOCAL("0D045A7E267", "u@example.test") FROM_NULL("0D045A7E268", "198.51.100.1")
			LOCAL("0D045A7E268", "u@example.test");

	feed(history, NOW * 1000000);
	expect(history, "example.test", "");
	feed(now, 0);
	expect(now, "example.test", "with_client 2 new_clients 1");
}

Test(witness, what_is_moved_is_moved_with_its_client)
{
	static const char lines[] = FROM_NULL("0D045A7E267", "192.0.2.1")
		FROM_NULL("0D045A7E268", "198.51.100.1") LOCAL("0D045A7E268", "u@other.test");

	feed(lines, 0);
	expect(lines, "example.test", "with_client 1 new_clients 1");
	expect(lines, "other.test", "with_client 1 new_clients 1");
	witness_clear(witness);
	expect(lines, "example.test", "");
}

Test(witness, a_repeated_line_repeats_what_it_says)
{
	static const char lines[] = REJECT
		"550 5.1.1 <u1@example.test>: Recipient address rejected: User unknown in "
		"virtual mailbox table" TAIL(
			"u1@example.test") "Nov 24 16:36:28 mx1 last message repeated 4 times\n";

	feed(lines, 0);
	expect(lines, "example.test", "unknown_users 5 with_client 5 new_clients 1");
}

Test(witness, parts_are_told_when_something_was_said_of_them)
{
	static const char mail[] =
		POSTFIX "smtpd[301]: NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 550 5.1.1 "
			"<u1@example.test>: Recipient address rejected: User unknown in virtual "
			"mailbox table; from=<a@b.test> to=<u1@example.test> proto=ESMTP "
			"helo=<h>\n";

	cr_assert_eq(witness_said(witness, SPAN("example.test"))->known, 0);
	feed(mail, 0);
	cr_assert_eq(witness_said(witness, SPAN("example.test"))->known,
		     1U << EVIDENCE_UNKNOWN_USERS, "this MTA checks its recipients");
	cr_assert_null(witness_said(witness, SPAN("stranger.test")));
	witness_clear(witness);
	feed(FROM_NULL("0D045A7E264", "192.0.2.77"), 0);
	cr_assert_eq(witness_said(witness, SPAN("example.test"))->known, 1U << EVIDENCE_CLIENTS,
		     "where we send mail was not told");
	feed(POSTFIX
	     "smtp[302]: 40275A7E389: to=<ok@relay.test>, relay=mx.relay.test[192.0.2.9]:25, "
	     "delay=0.01, delays=0/0.01/0/0, dsn=2.0.0, status=sent (250 2.0.0 Ok)\n" FROM_NULL(
		     "0D045A7E265", "198.51.100.77"),
	     0);
	cr_assert_eq(witness_said(witness, SPAN("example.test"))->known,
		     1U << EVIDENCE_CLIENTS | 1U << EVIDENCE_ASKED);
}

Test(parse_tag, knows_tags_and_nothing_like_them)
{
	static const struct {
		const char *address;
		bool tagged;
	} cases[] = {
		{ "prvs=1234abcdef=u@example.test", true },
		{ "Prvs=1234ABCDEF=u@example.test", true },
		{ "prvs=u/1234abcdef@example.test", true },
		{ "prvs=1234abcdef=@example.test", false },
		{ "prvs=1234abcdeg=u@example.test", false },
		{ "prvs=123abcdef=u@example.test", false },
		{ "prvs=1234abcdef@example.test", false },
		{ "prvs=@example.test", false },
		{ "prvs1234abcdef=u@example.test", false },
		{ "btv1==0721c5d5ce9==u@example.test", true },
		{ "SRS0=HHH=TT=orig.test=joe@example.test", true },
		{ "srs1+HHH=orig.test==HHH=TT=o.test=joe@example.test", true },
		{ "SRS2=HHH=TT=orig.test=joe@example.test", false },
		{ "srs@example.test", false },
		{ "u@prvs=1234abcdef=u", false },
		{ "prvs=1234abcdef=u", false },
		{ "", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_assert_eq(parse_tag(span_of(cases[i].address)), cases[i].tagged, "%s",
			     cases[i].address);
}
