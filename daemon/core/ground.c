#include "daemon/core/ground.h"

#include "daemon/core/detect_show.h"

static enum condition_truth
truth(bool known, bool value)
{
	if (!known)
		return CONDITION_UNKNOWN;
	return value ? CONDITION_TRUE : CONDITION_FALSE;
}

static bool
compares(const struct condition *condition)
{
	return condition_names(condition, CONDITION_COMPARE);
}

/* The detector's sentence, the threshold's, and the counters that confirm them. */
static void
give_reason(const struct condition *condition, const struct condition_in *in,
	    const struct finding *finding, const struct threshold_finding *threshold,
	    struct ground *out)
{
	bool surge = in->surge == CONDITION_TRUE && condition_names(condition, CONDITION_SURGE);
	bool reached =
		in->threshold == CONDITION_TRUE && condition_names(condition, CONDITION_THRESHOLD);
	struct text text = TEXT(out->reason);

	if (!reached && !compares(condition))
		return; /* the detector says it all */
	if (reached)
		threshold_explain(threshold, &text);
	if (surge) {
		text_add(&text, "%sa surge of bounces: ", reached ? "; " : "");
		detect_show_sentence(finding, &text);
	}
	if (out->counters != GROUND_CONFIRM || !compares(condition))
		return;
	text_add(&text, "; ");
	condition_explain(condition, in, false, &text);
}

static void
speak_against(const struct condition *condition, const struct condition_in *in, struct ground *out)
{
	bool unknown = out->counters == GROUND_NOT_KNOWN;
	struct text text = TEXT(out->against);

	text_add(&text, "the condition '%s' %s: ", condition->text,
		 unknown ? "cannot be judged" : "does not hold");
	condition_explain(condition, in, unknown, &text);
	if (unknown)
		text_add(&text, " (no value, or one that is too old), and nothing is split on what "
				"is not known");
}

void
ground_find(const struct condition *condition, const struct finding *finding,
	    const struct threshold_finding *threshold, condition_value *value, void *ctx,
	    struct ground *out)
{
	struct condition_in in = { .surge = truth(finding->known, finding->surge),
				   .threshold = CONDITION_FALSE,
				   .value = value,
				   .ctx = ctx };
	enum condition_truth there;

	*out = (struct ground){ .counters = GROUND_CONFIRM };
	if (threshold)
		in.threshold = truth(threshold->known, threshold->reached);
	there = condition_bounces(condition, in.surge, in.threshold);
	out->known = there != CONDITION_UNKNOWN;
	out->there = there == CONDITION_TRUE;
	if (!out->there)
		return;
	switch (condition_judge(condition, &in)) {
	case CONDITION_TRUE:
		break;
	case CONDITION_FALSE:
		out->counters = GROUND_SPEAK_AGAINST;
		speak_against(condition, &in, out);
		break;
	case CONDITION_UNKNOWN:
		out->counters = GROUND_NOT_KNOWN;
		speak_against(condition, &in, out);
		break;
	}
	give_reason(condition, &in, finding, threshold, out);
}
