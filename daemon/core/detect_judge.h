/*
 * The verdict on the evidence of one scale: enough of it, enough bounces, a change from what was
 * before, and not a burst that is running out already.
 */
#ifndef CORE_DETECT_JUDGE_H
#define CORE_DETECT_JUDGE_H

#include "daemon/core/detect.h"

/* Is it a surge? `scale`: of detect->cusum. */
bool detect_judge(const struct detect *detect, int scale);

#endif
