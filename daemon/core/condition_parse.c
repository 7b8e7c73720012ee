#include "daemon/base/scan.h"
#include "daemon/base/when.h"
#include "daemon/core/condition.h"

#define SHOWN 40 /* bytes of a word that a sentence shows */
#define BAD CONDITION_NODES

struct parser {
	struct condition *out;
	struct span left;
	unsigned depth, nots;
	bool failed;
	struct err *err;
};

static unsigned
column(const struct parser *p, struct span at)
{
	return (unsigned)(at.at - p->out->text) + 1;
}

/* The first failure stands. `got` and where it begins; "" is the end. */
static unsigned
fail(struct parser *p, struct span got, const char *what)
{
	const char *dots = got.len > SHOWN ? "..." : "";

	if (p->failed)
		return BAD;
	p->failed = true;
	if (got.len)
		err_set(p->err, ERR_INPUT, "column %u: '%.*s%s'%s", column(p, got),
			(int)(got.len > SHOWN ? SHOWN : got.len), got.at, dots, what);
	else
		err_set(p->err, ERR_INPUT, "column %u: it ends here%s", column(p, got), what);
	return BAD;
}

static bool
in_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '-' || c == '_';
}

static bool
in_sign(char c)
{
	return c == '<' || c == '>' || c == '=' || c == '!';
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t';
}

/* What is next: a word, a sign, another single character, or nothing. */
static struct span
peek(struct parser *p)
{
	struct span next;
	bool (*same)(char);

	while (p->left.len && blank(*p->left.at))
		p->left = span_after(p->left, 1);
	next = (struct span){ p->left.at, p->left.len ? 1 : 0 };
	if (!next.len)
		return next;
	same = in_word(*next.at) ? in_word : in_sign;
	while (same(*next.at) && next.len < p->left.len && same(next.at[next.len]))
		next.len++;
	return next;
}

static bool
maybe(struct parser *p, struct span word)
{
	struct span next = peek(p);

	if (p->failed || !span_equal(next, word))
		return false;
	p->left = span_after(p->left, next.len);
	return true;
}

static unsigned
add(struct parser *p, struct condition_node node)
{
	if (p->failed)
		return BAD;
	if (p->out->count == CONDITION_NODES)
		return fail(p, peek(p), ": the condition is too long, it has more than 32 parts");
	p->out->nodes[p->out->count] = node;
	return p->out->count++;
}

/* Digits, perhaps a point and at most six digits more. */
static bool
decimal(struct span text, double *out)
{
	struct scan scan = scan_over(text);
	double value = (double)scan_number(&scan, INT64_MAX / 2), unit = 1;

	if (scan_maybe(&scan, SPAN("."))) {
		struct span digits = scan_rest(&scan);

		for (size_t i = 0; i < digits.len && i < 6; i++)
			unit *= 10;
		value += (double)scan_number(&scan, 999999) / unit;
		if (digits.len > 6)
			return false;
	}
	*out = value;
	return scan_done(&scan);
}

static bool
size(struct span text, double *out)
{
	struct scan scan = scan_over(text);
	double value = (double)scan_number(&scan, INT32_MAX);

	if (scan_maybe(&scan, SPAN("k")) || scan_maybe(&scan, SPAN("K")))
		*out = value * 1024;
	else if (scan_maybe(&scan, SPAN("M")))
		*out = value * 1024 * 1024;
	else
		return false;
	if (!scan_done(&scan))
		scan_text(&scan, SPAN("iB"));
	return scan_done(&scan);
}

static bool
number(struct span text, double *out)
{
	int64_t seconds;

	if (decimal(text, out) || size(text, out))
		return true;
	if (!when_parse_duration(text, &seconds))
		return false;
	*out = (double)seconds;
	return true;
}

static const struct {
	const char *text;
	enum condition_sign sign;
} signs[] = {
	{ ">", CONDITION_GREATER }, { ">=", CONDITION_GREATER_EQUAL },
	{ "<", CONDITION_LESS },    { "<=", CONDITION_LESS_EQUAL },
	{ "==", CONDITION_EQUAL },  { "!=", CONDITION_NOT_EQUAL },
};

static unsigned
comparison(struct parser *p, struct span name)
{
	struct condition_node node = { .kind = CONDITION_COMPARE,
				       .at = column(p, name) - 1,
				       .length = (unsigned)name.len };
	struct span sign = peek(p), value;
	unsigned i = 0;

	while (i < sizeof(signs) / sizeof(signs[0]) && !span_equal(sign, span_of(signs[i].text)))
		i++;
	if (i == sizeof(signs) / sizeof(signs[0]))
		return fail(p, sign, ", wanted a comparison: >, >=, <, <=, == or != and a number");
	node.sign = signs[i].sign;
	p->left = span_after(p->left, sign.len);
	value = peek(p);
	if (!value.len || !number(value, &node.value))
		return fail(p, value, ", wanted a number such as 8, 0.5, 60s, 1h30m, 8k or 1M");
	p->left = span_after(p->left, value.len);
	return add(p, node);
}

static bool
keyword(struct span word)
{
	return span_equal(word, SPAN("and")) || span_equal(word, SPAN("or")) ||
	       span_equal(word, SPAN("not"));
}

/* More bounces must never end a split. */
static unsigned
bounce_word(struct parser *p, struct span word, enum condition_kind kind)
{
	if (p->nots % 2)
		return fail(p, word,
			    " behind 'not': more bounces would end the split, wanted it without");
	return add(p, (struct condition_node){ .kind = kind });
}

static unsigned
word(struct parser *p)
{
	struct span got = peek(p);
	double value;

	if (!got.len || !in_word(*got.at) || keyword(got))
		return fail(p, got,
			    ", wanted surge, threshold, a counter such as mta1.load1, not or (");
	if (number(got, &value))
		return fail(p, got,
			    " stands where a name belongs, wanted it on the right: mta1.load1 > 8");
	p->left = span_after(p->left, got.len);
	if (span_equal(got, SPAN("surge")))
		return bounce_word(p, got, CONDITION_SURGE);
	if (span_equal(got, SPAN("threshold")))
		return bounce_word(p, got, CONDITION_THRESHOLD);
	if (!memchr(got.at, '.', got.len))
		return fail(p, got,
			    ": no such word, wanted surge, threshold or a counter of an exchanger "
			    "such as mta1.load1");
	return comparison(p, got);
}

static unsigned either(struct parser *p);

static void
deeper(struct parser *p, struct span at)
{
	if (p->depth++ == CONDITION_DEPTH)
		fail(p, at, ": more than 8 parentheses and nots inside each other");
}

static unsigned
negated(struct parser *p)
{
	struct span at = peek(p);
	unsigned inner;

	if (maybe(p, SPAN("not"))) {
		deeper(p, at);
		p->nots++;
		inner = p->failed ? BAD : negated(p);
		p->nots--;
		p->depth--;
		return add(p, (struct condition_node){ .kind = CONDITION_NOT, .left = inner });
	}
	if (maybe(p, SPAN("("))) {
		deeper(p, at);
		inner = p->failed ? BAD : either(p);
		p->depth--;
		if (!p->failed && !maybe(p, SPAN(")")))
			return fail(p, peek(p), ", wanted and, or, or the ) of an open (");
		return inner;
	}
	return word(p);
}

static unsigned
both(struct parser *p)
{
	unsigned left = negated(p);

	while (maybe(p, SPAN("and"))) {
		struct condition_node node = { .kind = CONDITION_AND, .left = left };

		node.right = negated(p);
		left = add(p, node);
	}
	return left;
}

static unsigned
either(struct parser *p)
{
	unsigned left = both(p);

	while (maybe(p, SPAN("or"))) {
		struct condition_node node = { .kind = CONDITION_OR, .left = left };

		node.right = both(p);
		left = add(p, node);
	}
	return left;
}

bool
condition_parse(struct span text, struct condition *out, struct err *err)
{
	struct condition made = { .count = 0 };
	struct parser p = { .out = &made, .err = err };

	if (text.len >= sizeof(made.text))
		return err_set(err, ERR_INPUT,
			       "column %d: the condition is too long, wanted at "
			       "most %d bytes",
			       CONDITION_TEXT, CONDITION_TEXT - 1);
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < 0x20 || text.at[i] > 0x7E)
			return err_set(err, ERR_INPUT,
				       "column %zu: a character that is no printable ASCII", i + 1);
	span_copy(text, made.text, sizeof(made.text));
	p.left = span_of(made.text);
	made.root = either(&p);
	if (!p.failed && peek(&p).len)
		fail(&p, peek(&p), ", wanted and, or, or the end");
	if (p.failed)
		return false;
	if (condition_bounces(&made, CONDITION_FALSE, CONDITION_FALSE) != CONDITION_FALSE)
		return err_set(err, ERR_INPUT,
			       "column 1: this could hold without surge and without threshold: "
			       "counters confirm or hold back a split and never decide alone, "
			       "wanted ... and surge");
	*out = made;
	return true;
}
