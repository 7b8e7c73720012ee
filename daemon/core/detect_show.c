#include "daemon/core/detect_show.h"

#include "daemon/core/detect_judge.h"

#include <math.h>

void
detect_show(const struct detect *detect, struct finding *out)
{
	double minute = (double)detect->recent.minute_seconds + detect->slot_seconds;
	double all = (double)detect->recent.all_seconds + detect->slot_seconds;
	bool called = detect->surge && detect->since == detect->time;
	int top = called ? (int)detect->scale : 0;
	double nats;

	for (int i = 1; i < DETECT_SCALES && !called; i++)
		if (detect->cusum[i].sum > detect->cusum[top].sum)
			top = i;
	*out = (struct finding){
		.known = !detect->silent && detect->seen > 0,
		.surge = detect->surge,
		.since = detect->since,
		.rate = minute > 0
				? (detect->recent.minute_count + detect->slot_count) / minute * 60
				: 0,
		.slow_rate =
			all > 0 ? (detect->recent.all_count + detect->slot_count) / all * 60 : 0,
		.expected = detect->rate.mean * 60,
		.upper = detect->band,
		.counts = detect->cusum[top].sum,
		.threshold = DETECT_THRESHOLD,
		.excess = fmax(0, detect->cusum[top].count - detect->cusum[top].expected),
	};
	nats = detect_judge_terms(detect, top, out->term);
	out->evidence = out->counts + fmax(nats, 0);
	out->lasting = out->evidence >= DETECT_THRESHOLD ? detect->lasting[top] : 0;
	out->needed_excess = detect_judge_needed(detect, top, nats);
}

void
detect_show_sentence(const struct finding *finding, struct text *text)
{
	text_add(text, "%.*f bounces/min, expected %.*f/min, %.0f too many since it began",
		 finding->rate < 10 ? 1 : 0, finding->rate, finding->expected < 10 ? 1 : 0,
		 finding->expected, finding->excess);
	if (finding->lasting > 0)
		text_add(text, ", %.0f of them lasting", finding->lasting);
	if (finding->needed_excess > 0)
		text_add(text, " (%.0f%s needed)", finding->needed_excess,
			 finding->lasting > 0 ? "" : " lasting");
	text_add(text, ", evidence %.1f (%.0f needed)", finding->evidence, finding->threshold);
	for (int i = 0; i < EVIDENCE_TERMS; i++)
		if (lround(finding->term[i] * 10)) /* as it is printed */
			text_add(text, ", %s %+.1f", evidence_term_name(i), finding->term[i]);
}
