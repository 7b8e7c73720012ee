#include "tests/unit/core/replay_happen.h"

#include <criterion/parameterized.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#define STORY_PATH 4096

/* "2", "at most 2"; of updates "at most 4 an hour", "at most 8 a day", too. */
static bool
counts(const struct world *w, struct span verb, struct span rest, bool *known_out)
{
	const struct {
		const char *name;
		unsigned value;
	} counters[] = {
		{ "updates", w->changes }, { "pages", w->pages },   { "expired", w->expired },
		{ "told", w->told },	   { "surges", w->surges }, { "alerts", w->alerts },
	};
	struct span most = SPAN("at most "), hour = SPAN(" an hour"), day = SPAN(" a day");
	bool at_most = span_begins(rest, most),
	     hourly = is(verb, "updates") && span_ends(rest, hour),
	     daily = is(verb, "updates") && span_ends(rest, day);
	unsigned wanted, value;

	if (hourly)
		rest.len -= hour.len;
	if (daily)
		rest.len -= day.len;
	if (at_most)
		rest = span_after(rest, most.len);
	for (size_t i = 0; number(rest, &wanted) && i < sizeof(counters) / sizeof(counters[0]); i++)
		if (is(verb, counters[i].name)) {
			*known_out = true;
			value = hourly	? w->busiest_hour
				: daily ? w->busiest_day
					: counters[i].value;
			return at_most ? value <= wanted : value == wanted;
		}
	*known_out = false;
	return false;
}

/* Is it as this sentence says? `verb` is its first word; the rest is not eaten. */
static bool
holds(const struct world *w, struct span verb, struct span rest, bool *known_out)
{
	enum plan_shows shows = plan_compare(&w->zone, &w->normal, &w->split);
	char zone[1024];
	struct text text = TEXT(zone);
	bool held = counts(w, verb, rest, known_out);

	if (*known_out)
		return held;
	*known_out = true;
	if (is(verb, "state"))
		return is(rest, decide_state_name(w->decide.state));
	if (is(verb, "guard"))
		return is(rest, decide_guard_name(w->decide.guard));
	if (is(verb, "shows"))
		return is(rest, shows == PLAN_SHOWS_NORMAL  ? "normal"
				: shows == PLAN_SHOWS_SPLIT ? "split"
							    : "drift");
	if (is(verb, "zone")) {
		mx_print(&w->zone, &text);
		return is(rest, zone);
	}
	if (is(verb, "would"))
		return is(rest, w->out.would_split     ? "split"
				: w->out.would_restore ? "restore"
						       : "nothing");
	if (is(verb, "detector"))
		return is(rest, w->found.surge ? "surge" : "calm");
	if (is(verb, "effect"))
		return is(rest, effect_name(w->effects.verdict));
	text = TEXT(zone);
	effect_explain(&w->effects, "mta1", &text);
	effect_explain_waits(&w->effects, "mta1", &text);
	if (is(verb, "says") && memmem(zone, text.len, rest.at, rest.len))
		return true;
	if (is(verb, "says"))
		return memmem(w->out.why, strlen(w->out.why), rest.at, rest.len) ||
		       memmem(w->out.guard, strlen(w->out.guard), rest.at, rest.len);
	*known_out = false;
	return false;
}

static bool
disappointed(struct replay *r, struct span verb, struct span rest)
{
	const struct world *w = &r->world;
	char zone[256], when[WHEN_TEXT], wanted[128];
	struct text text = TEXT(zone), want = TEXT(wanted);

	mx_print(&w->zone, &text);
	when_rfc3339(w->now * WHEN_SECOND_US, when);
	text_add_span(&want, verb);
	text_add(&want, " ");
	text_add_span(&want, rest);
	return err_set(&r->err, ERR_INPUT,
		       "%s:%u: wanted '%s', at %.8s it was: state %s, guard %s, zone %s, updates "
		       "%u, pages %u, surges %u, alerts %u; why: %.120s; guard: %.120s",
		       r->path, r->line, wanted, when + 11, decide_state_name(w->decide.state),
		       decide_guard_name(w->decide.guard), zone, w->changes, w->pages, w->surges,
		       w->alerts, w->out.why, w->out.guard);
}

static void
tell(const struct replay *r)
{
	const struct world *w = &r->world;
	char when[WHEN_TEXT];

	when_rfc3339(w->now * WHEN_SECOND_US, when);
	if (w->out.state_changed)
		printf("%s %.14s state %s: %s\n", r->path, when + 5,
		       decide_state_name(w->decide.state), w->out.why);
	if (w->found.changed)
		printf("%s %.14s %s: %.1f/min, expected %.1f/min, evidence %.1f, excess %.0f, "
		       "lasting %.0f of %.0f\n",
		       r->path, when + 5, w->found.surge ? "surge" : "calm", w->found.rate,
		       w->found.expected, w->found.evidence, w->found.excess, w->found.lasting,
		       w->found.needed_excess);
	if (w->effects.tell)
		printf("%s %.14s effect %s: %.0f %% there, %.0f %% before\n", r->path, when + 5,
		       effect_name(w->effects.verdict), 100 * w->effects.bounces_now,
		       100 * w->effects.bounces_before);
	if (w->out.guard_changed || w->out.page)
		printf("%s %.14s guard %s:%s %s\n", r->path, when + 5,
		       decide_guard_name(w->decide.guard), w->out.page ? " CALL" : "",
		       w->out.guard);
}

static bool
step(struct replay *r)
{
	world_step(&r->world);
	if (r->aloud)
		tell(r);
	return !r->world.broken[0] || bad(r, r->world.broken);
}

/* at: then. by: at some moment from now to then. until: at every moment from now to then. */
static bool
expect(struct replay *r, struct span how, int64_t then, struct span verb)
{
	struct world *w = &r->world;
	struct span rest = sentence(r);
	bool known, held = holds(w, verb, rest, &known);

	if (!known)
		return bad(r, "not known, neither what happens nor what is expected");
	r->expectations++;
	while (w->now < then && (is(how, "at") || held == is(how, "until"))) {
		if (!step(r))
			return false;
		held = holds(w, verb, rest, &known);
	}
	return held || disappointed(r, verb, rest);
}

static bool
read_moment(struct replay *r, struct span how)
{
	struct world *w = &r->world;
	struct span verb;
	int64_t then;

	if (!r->started && (w->normal.count == 0 || w->drops == 0))
		return bad(r, "before the first time come 'zone' and 'drop'");
	if (!r->started)
		world_start(w);
	r->started = true;
	if (!moment(word(r), &then) || then < w->now)
		return bad(r, "not a time, or earlier than the line before");
	verb = word(r);
	if (!is(how, "at"))
		return expect(r, how, then, verb);
	while (w->now < then)
		if (!step(r))
			return false;
	if (!happen(r, verb))
		return !r->err.text[0] && expect(r, how, then, verb);
	return true;
}

static bool
read_line(struct replay *r, struct span line)
{
	const char *comment = line.len ? memchr(line.at, '#', line.len) : NULL;
	struct span verb;

	r->line++;
	r->words = comment ? (struct span){ line.at, (size_t)(comment - line.at) } : line;
	verb = word(r);
	if (verb.len == 0)
		return true;
	if (is(verb, "at") || is(verb, "by") || is(verb, "until")) {
		if (!read_moment(r, verb))
			return false;
	} else if (r->started || !read_setting(r, verb)) {
		return r->err.text[0] ? false : bad(r, "settings come before the first time");
	}
	return word(r).len == 0 || bad(r, "something is left over at the end of the line");
}

static bool
replay(const char *path, struct span text, struct err *err)
{
	struct replay *r = calloc(1, sizeof(*r));
	bool good = true;

	r->path = path;
	r->world.rules = (struct decide_rules){ .mode = MODE_AUTO,
						.min_split = 1800,
						.calm = 1800,
						.max_split = 86400,
						.splits_a_day = 4,
						.retry_first = 5,
						.retry_max = 900 };
	r->world.split_ttl = 300;
	r->aloud = getenv("REPLAY_ALOUD") != NULL;
	while (good && text.len) {
		const char *end = memchr(text.at, '\n', text.len);
		size_t len = end ? (size_t)(end - text.at) : text.len;

		good = read_line(r, (struct span){ text.at, len });
		text = span_after(text, len + 1);
	}
	if (good && r->expectations == 0)
		good = bad(r, "this replay expects nothing");
	*err = r->err;
	free(r);
	return good;
}

static const struct {
	const char *text, *sentence;
} wrong[] = {
	{ "", ":0: this replay expects nothing" },
	{ "zone 60 10 a. 20 b.\ndrop a.\nat 00:00 surge\n", ":3: this replay expects nothing" },
	{ "zone 60 10 a. 20 b.\nat 00:00 surge\n", ":2: before the first time" },
	{ "zone sixty\n", ":1: " },
	{ "rules mood=auto\n", ":1: not a rule" },
	{ "rules calm=5\n", ":1: not a rule" },
	{ "zone 60 10 a. 20 b.\ndrop a.\nat 25:00 surge\n", ":3: not a time" },
	{ "zone 60 10 a. 20 b.\ndrop a.\nat 02:00 surge\nat 01:59:59 calm\n", ":4: not a time" },
	{ "zone 60 10 a. 20 b.\ndrop a.\nat 00:00 rain\n", ":3: not known" },
	{ "zone 60 10 a. 20 b.\ndrop a.\nat 00:00 surge of mail\n", ":3: something is left over" },
	{ "zone 60 10 a. 20 b.\ndrop a.\nat 00:00 surge\nrules calm=5m\n", ":4: settings come" },
	{ "zone 60 10 a. 20 b.\ndrop a.\nby 00:01 state split\n", ":3: wanted 'state split'" },
	{ "zone 60 10 a. 20 b.\ndrop a.\nat 00:01 surge\nuntil 00:03 state normal\n",
	  ":4: wanted 'state normal', at 00:01:01" },
};

Test(replay, mistakes_in_a_replay_are_told)
{
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct err err = { 0 };

		cr_assert(!replay("file", span_of(wrong[i].text), &err), "row %zu", i);
		cr_assert(strstr(err.text, wrong[i].sentence), "row %zu: %s", i, err.text);
	}
}

struct story {
	char path[STORY_PATH];
};

static bool
replay_file(const char *path, struct err *err)
{
	static char text[65536];
	FILE *file = fopen(path, "r");
	size_t len = file ? fread(text, 1, sizeof(text), file) : 0;

	if (file)
		fclose(file);
	if (len == 0 || len == sizeof(text))
		return err_set(err, ERR_SYSTEM, "%s: not readable, empty or too long", path);
	return replay(path, (struct span){ text, len }, err);
}

/* A process for each file: some are months long. Without any, the pattern is one that is not there.
 */
ParameterizedTestParameters(replay, every_story_goes_as_told)
{
	const char *folder = getenv("REPLAY_FOLDER");
	char pattern[STORY_PATH];
	struct story *stories;
	glob_t found;
	size_t count;

	snprintf(pattern, sizeof(pattern), "%s/*.replay", folder ? folder : "tests/replay");
	if (glob(pattern, GLOB_NOCHECK, NULL, &found))
		abort();
	count = found.gl_pathc;
	stories = cr_calloc(count, sizeof(*stories));
	for (size_t i = 0; i < count; i++)
		snprintf(stories[i].path, STORY_PATH, "%s", found.gl_pathv[i]);
	globfree(&found);
	return cr_make_param_array(struct story, stories, count);
}

ParameterizedTest(struct story *story, replay, every_story_goes_as_told, .timeout = 300)
{
	struct err err = { 0 };

	cr_assert(replay_file(story->path, &err), "%s", err.text);
}
