/*
 * How long mail was on its way through an exchanger: what its log says at delivery, over the last
 * ten minutes. A histogram by minute in steps of a quarter, so a quantile is right to 12 %.
 *
 * Pure and plain memory; bounded whatever comes.
 */
#ifndef CORE_DELAY_H
#define CORE_DELAY_H

#include "daemon/base/err.h"
#include "daemon/base/span.h"

#include <stdint.h>

#define DELAY_MINUTES 10
#define DELAY_STEPS 80	/* 10 ms times 1.25 to the power of the step: to 5 days */
#define DELAY_FEWEST 10 /* deliveries in the window; of fewer a quantile says little */

struct delay {
	int64_t minute; /* the newest slot's, since 1970 */
	uint32_t count[DELAY_MINUTES][DELAY_STEPS];
};

/*
 * The value of a delay as logs write it: "0.02" seconds (Postfix), "1h2m0.5s" (Exim, OpenSMTPD),
 * "2+01:00:05" (Sendmail). False: none of these.
 */
MUST_USE bool delay_parse(struct span text, double *seconds_out);

/*
 * Finds it in the fields of a delivery, those behind the recipient: ", delay=" of Postfix,
 * " delay=" of OpenSMTPD, "delay=" of Sendmail at the beginning, and Exim's QT=, which needs
 * log_selector +queue_time. False: it is not there.
 */
MUST_USE bool delay_read(struct span fields, double *seconds_out);

void delay_add(struct delay *delay, int64_t minute, double seconds);

/* The quantile (0 to 1) of all in the list, of the ten minutes to `minute`. False: too few. */
MUST_USE bool delay_quantile(const struct delay *const *list, unsigned count, int64_t minute,
			     double quantile, double *seconds_out);

#endif
