/*
 * Writes the log of a Postfix that never was: ordinary mail and bounces, refused, deferred,
 * accepted and probing, interleaved as by many processes, hosts and instances, with hostile
 * addresses among them; and the exact truth beside it. The same seed gives the same bytes, in
 * bounded memory however long it goes on.
 *
 * It plays events in virtual time: sources of sessions, sessions and messages are actors.
 */
#include "daemon/base/when.h"
#include "tests/tools/genlog/message.h"
#include "tests/tools/genlog/options.h"
#include "tests/tools/genlog/people.h"
#include "tests/tools/genlog/refuse.h"
#include "tests/tools/genlog/session.h"

static bool ending;

/* How much of the daytime's mail an hour (UTC) brings, in a hundred; at weekends a third of it. */
static int
season(int64_t second)
{
	static const int hours[24] = { 15, 12, 10, 10, 12, 18, 30, 55, 85, 100, 100, 95,
				       80, 90, 95, 90, 85, 75, 60, 50, 45, 40,	30,  20 };
	int64_t day = second / 86400 % 7; /* 0 is a Thursday */
	int share = hours[second / 3600 % 24];

	if (day == 2 || day == 3)
		share /= 3;
	return 100 - options.often[OFTEN_SEASONS] * (100 - share) / 100;
}

static int
rate_now(const struct actor *actor)
{
	int64_t now = actor->at_us / WHEN_SECOND_US, second = now - options.start;

	if (actor->part == PART_BOUNCES && options.surge_rate && second >= options.surge_from &&
	    second < options.surge_from + options.surge_for)
		return options.surge_rate;
	return (actor->part == PART_MAIL ? options.mail : options.bounces) * season(now) / 100;
}

static int
source(const struct actor *actor)
{
	int rate = rate_now(actor);

	if (ending)
		return -1;
	if (rate == 0)
		return 1000000;
	session_begin(actor->at_us + 1, actor->part == PART_BOUNCES);
	return some(1, 2 * 60000000 / rate);
}

static void
gap(const struct actor *actor)
{
	if (some(0, 1))
		out_other(actor->at_us, actor->host, "rsyslogd",
			  "imuxsock[pid 2001]: begin to drop messages due to rate-limiting");
	else
		out_other(actor->at_us, actor->host, "systemd-journald[211]",
			  "Suppressed 1432 messages from postfix.service");
	actor_happened(actor, 0, EVENT_GAP);
}

/* What is in every log and of no interest. */
static void
chatter(const struct actor *actor)
{
	char client[ADDRESS];

	people_client(client);
	switch (some(0, 3)) {
	case 0:
		LINE(actor, "anvil", 280,
		     "statistics: max connection rate %d/60s for (smtp:203.0.113.1) at Nov 24 "
		     "16:36:26",
		     some(1, 60));
		break;
	case 1:
		LINE(actor, "smtpd", 1999,
		     "warning: hostname from=<> does not resolve to address %s", client);
		break;
	case 2:
		out_other(actor->at_us, actor->host, "dovecot",
			  "lmtp(77): Connect from local, user=<>, from=<>");
		break;
	default:
		LINE(actor, "smtpd", 1999,
		     "improper command pipelining after EHLO from %s: MAIL FROM:<>\\r\\nRCPT "
		     "TO:<g@%s>\\r\\n",
		     client, truth_name(1));
	}
}

static int
noise(struct actor *actor)
{
	if (ending)
		return -1;
	actor->host = some(0, out_options.hosts - 1);
	if (percent(options.often[OFTEN_GAPS]))
		gap(actor);
	else if (percent(options.often[OFTEN_PRESSURE]))
		refuse_pressure(actor);
	else
		chatter(actor);
	return some(1, 10000000);
}

static bool
enough(int64_t now_us)
{
	return (options.size && out_bytes() >= options.size) ||
	       (options.lines && out_lines() >= options.lines) ||
	       (options.length && now_us / WHEN_SECOND_US - options.start >= options.length);
}

static int
turn(struct actor *actor)
{
	switch (actor->part) {
	case PART_MAIL:
	case PART_BOUNCES:
		return source(actor);
	case PART_NOISE:
		return noise(actor);
	case PART_SESSION:
		return session_turn(actor);
	case PART_MESSAGE:
		return message_turn(actor);
	}
	return -1;
}

int
main(int argc, char **argv)
{
	struct actor *actor;

	options_read(argc, argv);
	for (int part = PART_MAIL; part <= PART_NOISE; part++)
		actor_enter((enum part)part, options.start * WHEN_SECOND_US);
	while ((actor = actor_first())) {
		if (!ending && enough(actor->at_us))
			ending = message_hurry = true;
		actor_wait(turn(actor));
	}
	out_flush();
	truth_end(options.truth, out_lines());
	return 0;
}
