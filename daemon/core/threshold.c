#include "daemon/core/threshold.h"

#include "daemon/base/scan.h"
#include "daemon/base/when.h"

#include <assert.h>
#include <inttypes.h>

#define TIME_MOST (INT64_C(1) << 40) /* no stored instant is later */

bool
threshold_parse(struct span text, struct threshold_rule *out)
{
	struct scan scan = scan_over(text);
	struct threshold_rule rule = { .count = (int64_t)scan_number(&scan, THRESHOLD_COUNT_MOST) };

	scan_text(&scan, SPAN("/"));
	if (scan.failed || rule.count < 1 || !when_parse_duration(scan_rest(&scan), &rule.window) ||
	    rule.window < THRESHOLD_WINDOW_LEAST || rule.window > THRESHOLD_WINDOW_MOST)
		return false;
	rule.leave = rule.count / 2;
	*out = rule;
	return true;
}

void
threshold_print(const struct threshold_rule *rule, struct text *text)
{
	char window[WHEN_TEXT];

	if (!rule->count)
		return;
	when_duration(rule->window, window);
	text_add(text, "%" PRId64 "/%s", rule->count, window);
}

void
threshold_init(struct threshold *threshold)
{
	memset(threshold, 0, sizeof(*threshold)); /* padding too: it is stored as bytes */
	threshold->version = THRESHOLD_VERSION;
}

static int64_t
slot_seconds(const struct threshold *threshold)
{
	return (threshold->window + THRESHOLD_SLOTS - 1) / THRESHOLD_SLOTS;
}

static void
begin(struct threshold *threshold, const struct threshold_rule *rule, int64_t time)
{
	threshold->window = rule->window;
	threshold->begun = time;
	threshold->heard = 0;
	memset(threshold->slots, 0, sizeof(threshold->slots));
}

/* Makes the newest slot the present one. When the clock goes back, it is from there on. */
static void
advance(struct threshold *threshold, int64_t time)
{
	int64_t length = slot_seconds(threshold);
	int64_t steps = time > threshold->begun ? (time - threshold->begun) / length : 0;

	if (time < threshold->begun)
		threshold->begun = time;
	threshold->begun += steps * length;
	for (int64_t i = 0; i < steps && i < THRESHOLD_SLOTS; i++) {
		threshold->newest = (threshold->newest + 1) % THRESHOLD_SLOTS;
		threshold->slots[threshold->newest] = 0;
	}
}

static void
listen(struct threshold *threshold, const struct threshold_in *in)
{
	int64_t tenth = threshold->window / 10;
	int64_t pause = tenth > THRESHOLD_PAUSE ? tenth : THRESHOLD_PAUSE;
	int64_t passed = threshold->time ? in->time - threshold->time : 0;

	if (in->silent || passed > pause)
		threshold->heard = 0;
	else if (passed > 0)
		threshold->heard += passed;
	if (threshold->heard > threshold->window)
		threshold->heard = threshold->window;
	threshold->time = in->time;
}

static void
add(struct threshold *threshold, int64_t count)
{
	uint32_t *slot = &threshold->slots[threshold->newest];
	int64_t room = UINT32_MAX - *slot;

	if (count > 0)
		*slot += (uint32_t)(count < room ? count : room);
}

static int64_t
sum(const struct threshold *threshold)
{
	uint32_t slots = (uint32_t)(threshold->window / slot_seconds(threshold));
	int64_t all = 0;

	for (uint32_t i = 0; i < slots; i++)
		all += threshold
			       ->slots[(threshold->newest + THRESHOLD_SLOTS - i) % THRESHOLD_SLOTS];
	return all;
}

void
threshold_step(struct threshold *threshold, const struct threshold_rule *rule,
	       const struct threshold_in *in, struct threshold_finding *out)
{
	bool was = threshold->reached, heard;
	int64_t count;

	assert(rule->window >= THRESHOLD_WINDOW_LEAST);
	if (threshold->window != rule->window)
		begin(threshold, rule, in->time);
	advance(threshold, in->time);
	listen(threshold, in);
	add(threshold, in->count);
	count = sum(threshold);
	heard = threshold->heard >= threshold->window;
	if (!in->silent && count >= rule->count)
		threshold->reached = 1;
	else if (!in->silent && heard && count <= rule->leave)
		threshold->reached = 0;
	if (threshold->reached != was)
		threshold->since = in->time;
	*out = (struct threshold_finding){ .known = !in->silent && (threshold->reached || heard),
					   .reached = threshold->reached,
					   .changed = threshold->reached != was,
					   .since = threshold->since,
					   .count = count,
					   .rule = *rule };
}

void
threshold_clock_set(struct threshold *threshold, int64_t seconds)
{
	int64_t *const instants[] = { &threshold->time, &threshold->since, &threshold->begun };

	for (unsigned i = 0; i < sizeof(instants) / sizeof(instants[0]); i++)
		if (*instants[i]) /* 0 is "never" */
			*instants[i] = *instants[i] + seconds > 0 ? *instants[i] + seconds : 1;
}

void
threshold_explain(const struct threshold_finding *finding, struct text *text)
{
	char window[WHEN_TEXT];

	when_duration(finding->rule.window, window);
	text_add(text, "%" PRId64 " bounces in %s, ", finding->count, window);
	if (finding->reached && finding->count < finding->rule.count)
		text_add(text, "over at %" PRId64, finding->rule.leave);
	else
		text_add(text, "the threshold is %" PRId64, finding->rule.count);
}

bool
threshold_load(struct threshold *threshold, const void *bytes, size_t length)
{
	struct threshold stored;

	if (length != sizeof(stored))
		return false;
	memcpy(&stored, bytes, sizeof(stored));
	if (stored.version != THRESHOLD_VERSION || stored.reached > 1 ||
	    stored.newest >= THRESHOLD_SLOTS || stored.window < 0 ||
	    stored.window > THRESHOLD_WINDOW_MOST || stored.heard < 0 ||
	    stored.heard > stored.window || stored.time < 0 || stored.time > TIME_MOST ||
	    stored.since < 0 || stored.since > TIME_MOST || stored.begun < 0 ||
	    stored.begun > TIME_MOST)
		return false;
	*threshold = stored;
	return true;
}
