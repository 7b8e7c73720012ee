/*
 * What a detector has found, in numbers.
 */
#ifndef CORE_DETECT_SHOW_H
#define CORE_DETECT_SHOW_H

#include "daemon/core/detect.h"

/* Everything but `changed`. */
void detect_show(const struct detect *detect, struct finding *out);

#endif
