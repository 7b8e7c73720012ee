/*
 * The table of a zone, asked of the C library and so of the system's zone database.
 */
#ifndef SYS_TZ_LOAD_H
#define SYS_TZ_LOAD_H

#include "daemon/base/err.h"
#include "daemon/core/tz.h"

/*
 * `name`: see tz_kind; changes from 1990 to 2090 are taken, before and after it stays as it was.
 * Sets TZ for a moment (to /etc/localtime afterwards, where there was none): no other
 * thread may ask for local time meanwhile. `out` is untouched on failure.
 */
MUST_USE bool tz_load(const char *name, struct tz *out, struct err *err);

#endif
