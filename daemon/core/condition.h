/*
 * The condition under which a domain is split, as an administrator writes it:
 *
 *     when: (mta1.load1 > 8 or mta1.queue > 5k) and surge
 *
 *     or         = and *("or" and)
 *     and        = not *("and" not)
 *     not        = "not" not / "(" or ")" / "surge" / "threshold" / comparison
 *     comparison = NAME ( ">" / ">=" / "<" / "<=" / "==" / "!=" ) NUMBER
 *
 * NAME is a counter of an exchanger (board.h). NUMBER is 8 or 0.5, a duration (60s, 1h30m; seconds)
 * or a size (8k, 1M; bytes).
 *
 * Counters confirm or hold back, they never decide alone: a condition that could hold without surge
 * and without threshold is refused, and so is one that more bounces would end.
 *
 * A counter that is not known makes its comparison unknown, and Kleene's three-valued logic says
 * what that makes of the whole (Introduction to Metamathematics, 1952, section 64).
 *
 * A struct condition is plain memory without pointers.
 */
#ifndef CORE_CONDITION_H
#define CORE_CONDITION_H

#include "daemon/base/err.h"
#include "daemon/base/text.h"

#include <stdint.h>

#define CONDITION_TEXT 256 /* the terminator included */
#define CONDITION_NODES 32 /* words, comparisons, and, or, not */
#define CONDITION_DEPTH 8  /* parentheses and nots inside each other */

enum condition_truth { CONDITION_UNKNOWN, CONDITION_FALSE, CONDITION_TRUE };

enum condition_kind {
	CONDITION_SURGE,
	CONDITION_THRESHOLD,
	CONDITION_COMPARE,
	CONDITION_NOT,
	CONDITION_AND,
	CONDITION_OR,
};

enum condition_sign {
	CONDITION_GREATER,
	CONDITION_GREATER_EQUAL,
	CONDITION_LESS,
	CONDITION_LESS_EQUAL,
	CONDITION_EQUAL,
	CONDITION_NOT_EQUAL,
};

struct condition_node {
	enum condition_kind kind;
	enum condition_sign sign; /* of a comparison */
	unsigned left, right;	  /* nodes; of a not: left */
	unsigned at, length;	  /* of a comparison: its name in the text */
	double value;
};

struct condition {
	char text[CONDITION_TEXT]; /* as it was written */
	unsigned count, root;
	struct condition_node nodes[CONDITION_NODES];
};

/* The counter's value now. False: it is not known, or too old. */
typedef bool condition_value(void *ctx, struct span name, double *value_out);

struct condition_in {
	enum condition_truth surge, threshold;
	condition_value *value;
	void *ctx;
};

/* The error begins with the column, from 1: "column 11: ...". */
MUST_USE bool condition_parse(struct span text, struct condition *out, struct err *err);

/* Does it hold with what is known now? */
enum condition_truth condition_judge(const struct condition *condition,
				     const struct condition_in *in);

/*
 * Does it hold as far as bounces go, every counter taken for what would make it hold? That is what
 * a split lasts for: its counters fall because it helps, or an agent goes silent, and neither is a
 * reason to end it.
 */
enum condition_truth condition_bounces(const struct condition *condition,
				       enum condition_truth surge, enum condition_truth threshold);

/* Is this word (surge, threshold) in it? */
bool condition_names(const struct condition *condition, enum condition_kind word);

/* The name that a node compares, or an empty span; the column of its first byte. */
struct span condition_name(const struct condition *condition, unsigned node, unsigned *column_out);

/*
 * What the compared counters are, "mta1.load1 is 2.1, mta1.queue is not known"; with `unknown` only
 * those that are not known. Nothing when there are none.
 */
void condition_explain(const struct condition *condition, const struct condition_in *in,
		       bool unknown, struct text *text);

#endif
