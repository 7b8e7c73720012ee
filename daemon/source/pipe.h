/*
 * Lines from standard input until its end, which is then said as the source's error: nothing more
 * can come. A pipe is read as it fills (its writer waits when we do not keep up), a file by ticks.
 */
#ifndef SOURCE_PIPE_H
#define SOURCE_PIPE_H

#include "daemon/source/feed.h"

MUST_USE struct feed *pipe_open(const struct config_source *config, uv_loop_t *loop,
				struct err *err);

#endif
