/*
 * The wall clock of a place: what its local times are as instants, for stamps without a zone.
 * Where the table comes from is not its affair (daemon/sys/tz_load.h). Times are whole seconds.
 */
#ifndef CORE_TZ_H
#define CORE_TZ_H

#include "daemon/base/span.h"

#include <stdint.h>

#define TZ_DIRECTORY "/usr/share/zoneinfo"
#define TZ_NAME 64
#define TZ_CHANGES 256

/*
 * Lines of a log may be out of order by so many seconds. In an hour that comes twice, a local time
 * that goes further back begins the second pass.
 */
#define TZ_DISORDER 300

struct tz_change {
	int64_t at;	/* from this instant on */
	int64_t offset; /* east of Greenwich */
};

/* Plain memory; all zero is UTC. */
struct tz {
	char name[TZ_NAME];
	int64_t offset; /* before the first change */
	unsigned count;
	struct tz_change changes[TZ_CHANGES]; /* in order, more than a day apart or nearly so */
};

/* NULL is UTC. */
int64_t tz_offset(const struct tz *tz, int64_t instant);

/*
 * The instant of a local time (seconds since 1970 as that clock shows them). `last` is that of the
 * line before: it decides between the two passes of a repeated hour. Of a skipped hour: as if the
 * clock had not been moved, which is as much later as was skipped.
 */
int64_t tz_instant(const struct tz *tz, int64_t local, int64_t last);

/*
 * What a zone setting may be: "local", "UTC", an offset as "+09:00" or "-0330", or the name of a
 * file below TZ_DIRECTORY, as "Europe/Berlin".
 */
enum tz_kind {
	TZ_BAD, /* none of these */
	TZ_LOCAL,
	TZ_FIXED, /* `offset_out` is set */
	TZ_NAMED,
};
enum tz_kind tz_kind(struct span name, int64_t *offset_out);

#endif
