#include "dnsupdate/key_lex.h"

struct lex {
	struct span rest;
	unsigned line;
	struct span word; /* the present word, without its quotes; empty and !word.at at the end */
	bool quoted;
	struct err *err;
};

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void
eat(struct lex *lex, size_t count)
{
	for (size_t i = 0; i < count; i++)
		lex->line += lex->rest.at[i] == '\n';
	lex->rest = span_after(lex->rest, count);
}

/* Up to `stop` and with it, or all. */
static size_t
reach(struct span rest, struct span stop)
{
	const char *found = rest.len ? memmem(rest.at, rest.len, stop.at, stop.len) : NULL;

	return found ? (size_t)(found - rest.at) + stop.len : rest.len;
}

static bool
skip(struct lex *lex)
{
	while (lex->rest.len > 0) {
		if (blank(lex->rest.at[0])) {
			eat(lex, 1);
		} else if (span_begins(lex->rest, SPAN("#")) ||
			   span_begins(lex->rest, SPAN("//"))) {
			eat(lex, reach(lex->rest, SPAN("\n")));
		} else if (span_begins(lex->rest, SPAN("/*"))) {
			size_t size = reach(span_after(lex->rest, 2), SPAN("*/"));
			struct span comment = { lex->rest.at + 2, size };

			if (!span_ends(comment, SPAN("*/")))
				return err_set(lex->err, ERR_INPUT, "a comment is not closed");
			eat(lex, 2 + size);
		} else {
			break;
		}
	}
	return true;
}

static bool
mark(char c)
{
	return c == '{' || c == '}' || c == ';';
}

/* How far a word without quotes reaches. */
static size_t
bare(struct span rest)
{
	size_t size = 0;

	while (size < rest.len && !blank(rest.at[size]) && !mark(rest.at[size]) &&
	       rest.at[size] != '"' && rest.at[size] != '#')
		size++;
	return size;
}

/* Moves to the next word; false on a broken one. */
static bool
next(struct lex *lex)
{
	size_t size;

	lex->word = (struct span){ 0 };
	lex->quoted = false;
	if (!skip(lex))
		return false;
	if (lex->rest.len == 0)
		return true;
	if (lex->rest.at[0] == '"') {
		const char *end = memchr(lex->rest.at + 1, '"', lex->rest.len - 1);

		if (!end)
			return err_set(lex->err, ERR_INPUT, "a quote is not closed");
		lex->quoted = true;
		lex->word = (struct span){ lex->rest.at + 1, (size_t)(end - lex->rest.at) - 1 };
		eat(lex, lex->word.len + 2);
		return true;
	}
	size = mark(lex->rest.at[0]) ? 1 : bare(lex->rest);
	lex->word = (struct span){ lex->rest.at, size };
	eat(lex, size);
	return true;
}

static bool
want(struct lex *lex, struct span word)
{
	if (!next(lex))
		return false;
	if (lex->quoted || !span_equal_nocase(lex->word, word))
		return err_set(lex->err, ERR_INPUT, "wanted '%s'", word.at);
	return true;
}

/* One value and the ';' behind it. */
static bool
value(struct lex *lex, struct span *value_out, unsigned *line_out)
{
	if (value_out->at)
		return err_set(lex->err, ERR_INPUT, "given twice");
	if (!next(lex))
		return false;
	if (!lex->word.at || (!lex->quoted && mark(lex->word.at[0])))
		return err_set(lex->err, ERR_INPUT, "wanted a value");
	*value_out = lex->word;
	*line_out = lex->line;
	return want(lex, SPAN(";"));
}

/* What follows the word "key" in a BIND clause. */
static bool
bind_clause(struct lex *lex, struct key_lex_clause *clause)
{
	clause->line = lex->line;
	if (!next(lex))
		return false;
	if (!lex->word.at || (!lex->quoted && mark(lex->word.at[0])))
		return err_set(lex->err, ERR_INPUT, "wanted the key's name");
	clause->name = lex->word;
	if (!want(lex, SPAN("{")))
		return false;
	for (;;) {
		if (!next(lex))
			return false;
		if (!lex->quoted && span_equal_nocase(lex->word, SPAN("algorithm"))) {
			if (!value(lex, &clause->algorithm, &clause->algorithm_line))
				return false;
		} else if (!lex->quoted && span_equal_nocase(lex->word, SPAN("secret"))) {
			if (!value(lex, &clause->secret, &clause->secret_line))
				return false;
		} else if (!lex->quoted && span_equal(lex->word, SPAN("}"))) {
			return want(lex, SPAN(";"));
		} else {
			return err_set(lex->err, ERR_INPUT, "wanted 'algorithm', 'secret' or '}'");
		}
	}
}

static bool
bind_file(struct lex *lex, struct key_lex_clause *clause)
{
	for (unsigned keys = 0;; keys++) {
		if (!next(lex))
			return false;
		if (!lex->word.at && !lex->quoted)
			return keys == 1 || err_set(lex->err, ERR_INPUT, "holds no key");
		if (keys == 1)
			return err_set(lex->err, ERR_INPUT, "wanted one key and nothing more");
		if (lex->quoted || !span_equal_nocase(lex->word, SPAN("key")))
			return err_set(lex->err, ERR_INPUT,
				       "wanted a key clause: key \"name\" { algorithm ...; secret "
				       "\"...\"; };");
		if (!bind_clause(lex, clause))
			return false;
	}
}

static struct span
trim(struct span span)
{
	while (span.len > 0 && blank(span.at[0]))
		span = span_after(span, 1);
	while (span.len > 0 && blank(span.at[span.len - 1]))
		span.len--;
	return span;
}

static struct span
unquote(struct span span)
{
	if (span.len >= 2 && (span.at[0] == '"' || span.at[0] == '\'') &&
	    span.at[span.len - 1] == span.at[0])
		return (struct span){ span.at + 1, span.len - 2 };
	return span;
}

/* One line below "key:", comment and white space gone. */
static bool
knot_item(struct lex *lex, struct key_lex_clause *clause, struct span item)
{
	bool first = span_begins(item, SPAN("- "));
	struct span name = trim(span_after(item, first ? 2 : 0));
	const char *colon = memchr(name.at, ':', name.len);
	struct span text, *field;
	unsigned *line = &clause->line;

	if (!colon)
		return err_set(lex->err, ERR_INPUT, "wanted 'id:', 'algorithm:' or 'secret:'");
	text = unquote(trim(span_after(name, (size_t)(colon - name.at) + 1)));
	name.len = (size_t)(colon - name.at);
	if (first && clause->line)
		return err_set(lex->err, ERR_INPUT, "wanted one key and nothing more");
	if (!first && !clause->line)
		return err_set(lex->err, ERR_INPUT, "wanted '- id:'");
	if (span_equal(name, SPAN("id"))) {
		field = &clause->name;
	} else if (span_equal(name, SPAN("algorithm"))) {
		field = &clause->algorithm;
		line = &clause->algorithm_line;
	} else if (span_equal(name, SPAN("secret"))) {
		field = &clause->secret;
		line = &clause->secret_line;
	} else {
		return err_set(lex->err, ERR_INPUT, "wanted 'id:', 'algorithm:' or 'secret:'");
	}
	if (field->at)
		return err_set(lex->err, ERR_INPUT, "given twice");
	*field = text;
	clause->line = clause->line ? clause->line : lex->line;
	*line = *line ? *line : lex->line;
	return true;
}

/* A line without its comment: a '#' at its beginning or after white space. */
static struct span
knot_line(struct lex *lex)
{
	struct span line = { lex->rest.at, reach(lex->rest, SPAN("\n")) };

	for (size_t i = 0; i < line.len; i++)
		if (line.at[i] == '#' && (i == 0 || blank(line.at[i - 1])))
			line.len = i;
	return trim(line);
}

static bool
knot_file(struct lex *lex, struct key_lex_clause *clause)
{
	bool section = false;

	for (; lex->rest.len > 0; eat(lex, reach(lex->rest, SPAN("\n")))) {
		struct span line = knot_line(lex);

		if (line.len == 0)
			continue;
		if (!section && !span_equal(line, SPAN("key:")))
			return err_set(lex->err, ERR_INPUT, "wanted 'key:'");
		if (section && !knot_item(lex, clause, line))
			return false;
		section = true;
	}
	return clause->line || err_set(lex->err, ERR_INPUT, "holds no key");
}

bool
key_lex(struct span text, struct key_lex_clause *clause_out, unsigned *line_out, struct err *err)
{
	struct lex lex = { .rest = text, .line = 1, .err = err };
	struct lex look = lex;
	bool good;

	if (next(&look) && !look.quoted && span_equal(look.word, SPAN("key:")))
		good = knot_file(&lex, clause_out);
	else
		good = bind_file(&lex, clause_out);
	*line_out = lex.line;
	return good;
}
