/*
 * A followed file as a way in, with its history before it when that is wanted.
 */
#ifndef SOURCE_FILES_H
#define SOURCE_FILES_H

#include "daemon/source/feed.h"

MUST_USE struct feed *files_open(const struct config_source *config, struct span cursor,
				 struct err *err);

#endif
