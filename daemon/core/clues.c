#include "daemon/core/clues.h"

#include <math.h>
#include <stddef.h>

#define MOST 1e15		      /* of one number; far more than mail there is */
#define LATEST INT64_C(1000000000000) /* seconds; no clock says more */

static const struct {
	const char *name;
	enum evidence_part part;
	size_t at;
} rows[CLUES_NUMBERS] = {
	[CLUES_UNKNOWN_USERS] = { "unknown_users", EVIDENCE_UNKNOWN_USERS,
				  offsetof(struct evidence, unknown_users) },
	[CLUES_TAGGED] = { "tagged", EVIDENCE_TAGS, offsetof(struct evidence, tagged) },
	[CLUES_PROBES] = { "probes", EVIDENCE_PROBES, offsetof(struct evidence, probes) },
	[CLUES_WITH_CLIENT] = { "with_client", EVIDENCE_CLIENTS,
				offsetof(struct evidence, with_client) },
	[CLUES_NEW_CLIENTS] = { "new_clients", EVIDENCE_CLIENTS,
				offsetof(struct evidence, new_clients) },
	[CLUES_ASKED] = { "asked", EVIDENCE_ASKED, offsetof(struct evidence, asked) },
	[CLUES_SENT] = { "sent", EVIDENCE_SENT, offsetof(struct evidence, sent) },
};

_Static_assert(sizeof(struct clues) ==
		       8 + 8 * (EVIDENCE_PARTS + 1 + CLUES_NUMBERS * (CLUES_MINUTES + 1)),
	       "no padding");

const char *
clues_name(enum clues_number number)
{
	return rows[number].name;
}

enum evidence_part
clues_part(enum clues_number number)
{
	return rows[number].part;
}

double
clues_value(const struct evidence *evidence, enum clues_number number)
{
	double value;

	memcpy(&value, (const char *)evidence + rows[number].at, sizeof(value));
	return value;
}

static void
put(struct evidence *evidence, int number, double value)
{
	memcpy((char *)evidence + rows[number].at, &value, sizeof(value));
}

void
clues_init(struct clues *clues)
{
	memset(clues, 0, sizeof(*clues));
	clues->version = CLUES_VERSION;
}

static void
turn_to(struct clues *clues, int64_t minute)
{
	if (minute - clues->minute > CLUES_MINUTES || clues->minute - minute > CLUES_MINUTES)
		clues->minute = minute - CLUES_MINUTES;
	while (clues->minute < minute) {
		clues->minute++;
		memset(clues->minutes[clues->minute % CLUES_MINUTES], 0, sizeof(clues->minutes[0]));
	}
}

void
clues_take(struct clues *clues, const struct evidence *said, int64_t now)
{
	double *minute;

	turn_to(clues, now / 60);
	minute = clues->minutes[clues->minute % CLUES_MINUTES];
	for (int part = 0; part < EVIDENCE_PARTS; part++)
		if (said->known & 1U << part)
			clues->told[part] = now;
	for (int number = 0; number < CLUES_NUMBERS; number++) {
		double value = clues_value(said, (enum clues_number)number);

		clues->tick[number] += value;
		minute[number] += value;
	}
}

static unsigned
told(const struct clues *clues, int64_t now)
{
	unsigned known = 0;

	for (int part = 0; part < EVIDENCE_PARTS; part++)
		if (clues->told[part] && now - clues->told[part] <= CLUES_TOLD_FOR)
			known |= 1U << part;
	return known;
}

/* Moves may have taken away more than came, and leave new clients without their bounces. */
static void
tidy(struct evidence *evidence)
{
	for (int number = 0; number < CLUES_NUMBERS; number++)
		put(evidence, number, fmax(0, clues_value(evidence, (enum clues_number)number)));
	evidence->new_clients = fmin(evidence->new_clients, evidence->with_client);
	evidence->asked = fmin(evidence->asked, evidence->with_client);
}

struct evidence
clues_tick(struct clues *clues, int64_t now, bool ripe)
{
	struct evidence evidence = { .known = told(clues, now) };

	if (!ripe)
		evidence.known &= ~(1U << EVIDENCE_CLIENTS | 1U << EVIDENCE_ASKED);
	for (int number = 0; number < CLUES_NUMBERS; number++)
		put(&evidence, number, clues->tick[number]);
	memset(clues->tick, 0, sizeof(clues->tick));
	tidy(&evidence);
	return evidence;
}

struct evidence
clues_recent(const struct clues *clues, int64_t now)
{
	struct evidence evidence = { .known = told(clues, now) };
	int64_t oldest = now / 60 - CLUES_MINUTES;

	for (int number = 0; number < CLUES_NUMBERS; number++) {
		double sum = 0;

		for (int64_t minute = clues->minute;
		     minute > 0 && minute > oldest && minute > clues->minute - CLUES_MINUTES;
		     minute--)
			sum += clues->minutes[minute % CLUES_MINUTES][number];
		put(&evidence, number, sum);
	}
	tidy(&evidence);
	return evidence;
}

void
clues_clock_set(struct clues *clues, int64_t seconds)
{
	for (int part = 0; part < EVIDENCE_PARTS; part++)
		if (clues->told[part])
			clues->told[part] += seconds;
	clues->minute = 0; /* minutes of another clock */
	memset(clues->minutes, 0, sizeof(clues->minutes));
}

static bool
is_number(double value)
{
	return isfinite(value) && fabs(value) <= MOST;
}

bool
clues_load(struct clues *clues, struct span bytes)
{
	struct clues loaded;
	bool sound;

	if (bytes.len != sizeof(loaded))
		return false;
	memcpy(&loaded, bytes.at, sizeof(loaded));
	sound = loaded.version == CLUES_VERSION && loaded.minute >= 0 && loaded.minute <= LATEST;
	for (int i = 0; i < CLUES_NUMBERS; i++) {
		sound = sound && is_number(loaded.tick[i]);
		for (int j = 0; j < CLUES_MINUTES; j++)
			sound = sound && is_number(loaded.minutes[j][i]);
	}
	for (int part = 0; part < EVIDENCE_PARTS; part++)
		sound = sound && loaded.told[part] >= 0 && loaded.told[part] <= LATEST;
	if (sound)
		*clues = loaded;
	return sound;
}
