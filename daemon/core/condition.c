#include "daemon/core/condition.h"

#include <math.h>

static enum condition_truth
truth(bool value)
{
	return value ? CONDITION_TRUE : CONDITION_FALSE;
}

static enum condition_truth
negation(enum condition_truth value)
{
	return value == CONDITION_UNKNOWN ? CONDITION_UNKNOWN : truth(value == CONDITION_FALSE);
}

/* `end` on one side settles it: FALSE for and, TRUE for or. */
static enum condition_truth
join(enum condition_truth left, enum condition_truth right, enum condition_truth end)
{
	if (left == end || right == end)
		return end;
	if (left == CONDITION_UNKNOWN || right == CONDITION_UNKNOWN)
		return CONDITION_UNKNOWN;
	return negation(end);
}

static struct span
name_of(const struct condition *condition, const struct condition_node *node)
{
	return (struct span){ condition->text + node->at, node->length };
}

static bool
known(const struct condition *condition, const struct condition_node *node,
      const struct condition_in *in, double *value_out)
{
	return in->value(in->ctx, name_of(condition, node), value_out) && isfinite(*value_out);
}

static bool
compare(enum condition_sign sign, double is, double wanted)
{
	switch (sign) {
	case CONDITION_GREATER:
		return is > wanted;
	case CONDITION_GREATER_EQUAL:
		return is >= wanted;
	case CONDITION_LESS:
		return is < wanted;
	case CONDITION_LESS_EQUAL:
		return is <= wanted;
	case CONDITION_EQUAL:
		return is == wanted;
	case CONDITION_NOT_EQUAL:
		return is != wanted;
	}
	return false;
}

/* `wish`: what a comparison is taken for when there are no values to ask. */
static enum condition_truth
judge(const struct condition *condition, unsigned index, const struct condition_in *in, bool wish)
{
	const struct condition_node *node = &condition->nodes[index];
	double value = 0;

	switch (node->kind) {
	case CONDITION_SURGE:
		return in->surge;
	case CONDITION_THRESHOLD:
		return in->threshold;
	case CONDITION_COMPARE:
		if (!in->value)
			return truth(wish);
		return known(condition, node, in, &value)
			       ? truth(compare(node->sign, value, node->value))
			       : CONDITION_UNKNOWN;
	case CONDITION_NOT:
		return negation(judge(condition, node->left, in, !wish));
	case CONDITION_AND:
		return join(judge(condition, node->left, in, wish),
			    judge(condition, node->right, in, wish), CONDITION_FALSE);
	case CONDITION_OR:
		return join(judge(condition, node->left, in, wish),
			    judge(condition, node->right, in, wish), CONDITION_TRUE);
	}
	return CONDITION_UNKNOWN;
}

enum condition_truth
condition_judge(const struct condition *condition, const struct condition_in *in)
{
	return judge(condition, condition->root, in, true);
}

enum condition_truth
condition_bounces(const struct condition *condition, enum condition_truth surge,
		  enum condition_truth threshold)
{
	struct condition_in in = { .surge = surge, .threshold = threshold };

	return judge(condition, condition->root, &in, true);
}

bool
condition_names(const struct condition *condition, enum condition_kind word)
{
	for (unsigned i = 0; i < condition->count; i++)
		if (condition->nodes[i].kind == word)
			return true;
	return false;
}

struct span
condition_name(const struct condition *condition, unsigned node, unsigned *column_out)
{
	if (condition->nodes[node].kind != CONDITION_COMPARE)
		return SPAN("");
	*column_out = condition->nodes[node].at + 1;
	return name_of(condition, &condition->nodes[node]);
}

static bool
told_before(const struct condition *condition, unsigned index)
{
	const struct condition_node *nodes = condition->nodes;

	for (unsigned i = 0; i < index; i++)
		if (nodes[i].kind == CONDITION_COMPARE &&
		    span_equal(name_of(condition, &nodes[i]), name_of(condition, &nodes[index])))
			return true;
	return false;
}

void
condition_explain(const struct condition *condition, const struct condition_in *in, bool unknown,
		  struct text *text)
{
	const char *comma = "";

	for (unsigned i = 0; i < condition->count; i++) {
		const struct condition_node *node = &condition->nodes[i];
		double value = 0;
		bool is_known;

		if (node->kind != CONDITION_COMPARE || told_before(condition, i))
			continue;
		is_known = known(condition, node, in, &value);
		if (unknown && is_known)
			continue;
		text_add(text, "%s", comma);
		text_add_span(text, name_of(condition, node));
		if (is_known)
			text_add(text, " is %.6g", value);
		else
			text_add(text, " is not known");
		comma = ", ";
	}
}
