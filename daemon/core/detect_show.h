/*
 * What a detector has found, in numbers and in a sentence.
 */
#ifndef CORE_DETECT_SHOW_H
#define CORE_DETECT_SHOW_H

#include "daemon/core/detect.h"

/* Everything but `changed`. */
void detect_show(const struct detect *detect, struct finding *out);

/* One sentence with the numbers: "41 bounces/min, expected 3.2/min, 260 too many since it began,
 * 210 of them lasting (150 needed), ...". */
void detect_show_sentence(const struct finding *finding, struct text *text);

#endif
