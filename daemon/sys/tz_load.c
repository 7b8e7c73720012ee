#include "daemon/sys/tz_load.h"

#include "daemon/base/text.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define STRIDE (3 * INT64_C(86400)) /* no two changes are nearer; Noronha had a week, in 2000 */
#define FROM INT64_C(631152000)	    /* 1990-01-01 */
#define UNTIL INT64_C(3786912000)   /* 2090-01-01 */

/* The C library takes UTC for a name that it does not know, and says nothing. */
static bool
is_zone(const char *path, struct err *err)
{
	char magic[4] = { 0 };
	FILE *file = fopen(path, "re");
	bool ok;

	if (!file)
		return err_set(err, ERR_INPUT, "%s: %s", path, strerror(errno));
	ok = fread(magic, sizeof(magic), 1, file) == 1 && memcmp(magic, "TZif", 4) == 0;
	fclose(file);
	return ok || err_set(err, ERR_INPUT, "%s is no zone", path);
}

static int64_t
offset_at(int64_t instant)
{
	time_t when = (time_t)instant;
	struct tm tm = { 0 };

	localtime_r(&when, &tm);
	return tm.tm_gmtoff;
}

/* The instant after `low`, at most `high`, from which on the offset is no longer that at `low`. */
static int64_t
change_between(int64_t low, int64_t high)
{
	int64_t offset = offset_at(low);

	while (high - low > 1) {
		int64_t middle = low + (high - low) / 2;

		if (offset_at(middle) == offset)
			low = middle;
		else
			high = middle;
	}
	return high;
}

static bool
probe(struct tz *tz, struct err *err)
{
	int64_t known;

	tzset();
	known = tz->offset = offset_at(FROM);
	for (int64_t at = FROM; at < UNTIL; at += STRIDE) {
		struct tz_change *change = &tz->changes[tz->count];

		if (offset_at(at + STRIDE) == known)
			continue;
		if (tz->count == TZ_CHANGES)
			return err_set(err, ERR_INPUT, "it changes its clock more than %d times",
				       TZ_CHANGES);
		change->at = change_between(at, at + STRIDE);
		change->offset = known = offset_at(at + STRIDE);
		tz->count++;
	}
	return true;
}

static bool
probe_file(const char *path, struct tz *tz, struct err *err)
{
	const char *was = getenv("TZ");
	char *kept = was ? strdup(was) : NULL;
	char value[PATH_MAX + 1];
	bool ok = false;

	if (was && !kept)
		return err_set(err, ERR_SYSTEM, "out of memory");
	snprintf(value, sizeof(value), ":%s", path);
	if (setenv("TZ", value, 1) == 0)
		ok = probe(tz, err);
	else
		err_set(err, ERR_SYSTEM, "out of memory");
	/* Not taken away: another thread may look at the environment, which then stays in place. */
	if (setenv("TZ", kept ? kept : ":/etc/localtime", 1) != 0)
		ok = err_set(err, ERR_SYSTEM, "out of memory");
	tzset();
	free(kept);
	return ok;
}

static bool
load(const char *name, struct tz *tz, struct err *err)
{
	char path[PATH_MAX];

	switch (tz_kind(span_of(name), &tz->offset)) {
	case TZ_FIXED:
		return true;
	case TZ_LOCAL:
		return probe(tz, err);
	case TZ_NAMED:
		snprintf(path, sizeof(path), TZ_DIRECTORY "/%s", name);
		return is_zone(path, err) && probe_file(path, tz, err);
	case TZ_BAD:
		break;
	}
	return err_set(err, ERR_INPUT, "wanted local, UTC, +09:00 or a name such as Europe/Berlin");
}

bool
tz_load(const char *name, struct tz *out, struct err *err)
{
	struct tz tz = { 0 };

	if (!load(name, &tz, err)) {
		char shown[TZ_NAME];
		struct text text = TEXT(shown);

		text_add_scrubbed(&text, span_of(name));
		return err_while(err, "zone %s", shown);
	}
	span_copy(span_of(name), tz.name, sizeof(tz.name));
	*out = tz;
	return true;
}
