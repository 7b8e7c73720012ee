#include "daemon/core/counter.h"

#include "daemon/base/names.h"

#include <math.h>

#define SECOND_US INT64_C(1000000)
#define TICK_US INT64_C(10000)
#define SOON_US (SECOND_US / 2)
#define CLOCK_BACK_US (600 * SECOND_US) /* older by more than this: the clock was set back */
#define UPTIME_SLACK 1000 /* ticks between uptime and our clock, and a tenth of the time */

static const struct name kinds[] = { { COUNTER_GAUGE, "gauge" },
				     { COUNTER_32, "counter32" },
				     { COUNTER_64, "counter64" },
				     { COUNTER_TIMETICKS, "timeticks" } };

static const struct name whys[] = {
	{ COUNTER_TAKEN, "" },
	{ COUNTER_FIRST, "a rate needs a second sample" },
	{ COUNTER_SOON, "less than half a second after the one before" },
	{ COUNTER_OLD, "not newer than the one before" },
	{ COUNTER_CLOCK, "the clock was set back; counting begins anew" },
	{ COUNTER_RESET, "the agent was restarted; counting begins anew" },
	{ COUNTER_BACK, "it went back and a wrap is not plausible; counting begins anew" },
	{ COUNTER_HIGH, "above the plausible maximum" },
	{ COUNTER_TYPE, "its type changed; counting begins anew" },
	{ COUNTER_BAD, "not a value of its type" },
};

const char *
counter_kind_name(enum counter_kind kind)
{
	return names_name(kinds, sizeof(kinds) / sizeof(kinds[0]), kind);
}

bool
counter_kind_from_name(struct span name, enum counter_kind *kind_out)
{
	int value;

	if (!names_value(kinds, sizeof(kinds) / sizeof(kinds[0]), name, &value))
		return false;
	*kind_out = (enum counter_kind)value;
	return true;
}

const char *
counter_why(enum counter_result result)
{
	return names_name(whys, sizeof(whys) / sizeof(whys[0]), result);
}

static bool
good(const struct counter_sample *sample)
{
	switch (sample->kind) {
	case COUNTER_GAUGE:
		return isfinite(sample->level);
	case COUNTER_32:
	case COUNTER_TIMETICKS:
		return sample->count <= UINT32_MAX;
	case COUNTER_64:
		return true;
	case COUNTER_KINDS:
		break;
	}
	return false;
}

/*
 * Uptime must have gone on as our clock did. The difference is taken in 32 bits: the wrap after 497
 * days is none of a restart's marks, an uptime that is larger but not large enough is one.
 */
static bool
restarted(const struct counter_sample *last, const struct counter_sample *now, int64_t elapsed_us)
{
	uint64_t expected = (uint64_t)(elapsed_us / TICK_US);
	int64_t off = (int32_t)(now->uptime - last->uptime - (uint32_t)expected);

	if (now->boots_known && last->boots_known && now->boots != last->boots)
		return true;
	return now->uptime_known && last->uptime_known &&
	       (uint64_t)(off < 0 ? -off : off) > UPTIME_SLACK + expected / 10;
}

/* What the counter says of the time between two samples of one run of the agent. */
static enum counter_result
rate(const struct counter_sample *last, const struct counter_sample *now, double seconds,
     double most, double *value_out)
{
	bool wrapped = now->count < last->count;
	uint64_t delta = now->count - last->count;
	double value;

	if (wrapped && now->kind == COUNTER_64)
		return COUNTER_BACK;
	if (wrapped)
		delta &= UINT32_MAX;
	value = (double)delta / seconds;
	if (value > most)
		return wrapped ? COUNTER_BACK : COUNTER_HIGH;
	*value_out = value;
	return COUNTER_TAKEN;
}

static enum counter_result
level(const struct counter_sample *sample, double most, double *value_out)
{
	if (sample->kind == COUNTER_GAUGE && fabs(sample->level) > most)
		return COUNTER_HIGH;
	*value_out = sample->kind == COUNTER_GAUGE ? sample->level : (double)sample->count / 100;
	return COUNTER_TAKEN;
}

static enum counter_result
judge(const struct counter *counter, const struct counter_sample *sample, double most,
      double *value_out)
{
	const struct counter_sample *last = &counter->last;
	bool counts = sample->kind == COUNTER_32 || sample->kind == COUNTER_64;
	/* unsigned: two times that are far apart must not overflow */
	uint64_t elapsed = (uint64_t)sample->time_us - (uint64_t)last->time_us;

	if (!good(sample))
		return COUNTER_BAD;
	if (!counter->begun)
		return counts ? COUNTER_FIRST : level(sample, most, value_out);
	if (sample->time_us <= last->time_us)
		return 0 - elapsed > CLOCK_BACK_US ? COUNTER_CLOCK : COUNTER_OLD;
	if (elapsed > INT64_MAX)
		return COUNTER_CLOCK;
	if (sample->kind != last->kind)
		return COUNTER_TYPE;
	if (!counts)
		return level(sample, most, value_out);
	if (elapsed < SOON_US)
		return COUNTER_SOON;
	if (restarted(last, sample, (int64_t)elapsed))
		return COUNTER_RESET;
	return rate(last, sample, (double)elapsed / (double)SECOND_US, most, value_out);
}

enum counter_result
counter_add(struct counter *counter, const struct counter_sample *sample, double most,
	    double *value_out)
{
	enum counter_result result = judge(counter, sample, most, value_out);

	if (result != COUNTER_BAD && result != COUNTER_OLD && result != COUNTER_SOON) {
		counter->last = *sample;
		counter->begun = true;
	}
	return result;
}
