#include "daemon/core/step.h"

#define SECOND_US INT64_C(1000000)

int64_t
step_take(struct step *step, int64_t wall_us, int64_t steady_us)
{
	int64_t offset_us = wall_us - steady_us, seconds;

	if (!step->started) {
		step->started = 1;
		step->offset_us = offset_us;
		return 0;
	}
	seconds = (offset_us - step->offset_us) / SECOND_US;
	if (seconds == 0)
		return 0;
	step->offset_us += seconds * SECOND_US;
	step->set_us = steady_us;
	step->apart += seconds;
	return seconds;
}

int64_t
step_believe(struct step *step, int64_t steady_us)
{
	int64_t apart = step->apart;

	if (apart == 0 || steady_us - step->set_us < STEP_BELIEVED * SECOND_US)
		return 0;
	step->apart = 0;
	return apart;
}
