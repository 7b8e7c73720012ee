/* The syntax of key files, BIND's and Knot's; what the words mean is judged in key.c. */
#ifndef DNSUPDATE_KEY_LEX_H
#define DNSUPDATE_KEY_LEX_H

#include "daemon/base/err.h"
#include "daemon/base/span.h"

/* The words of the only key, borrowed from the text. A missing one has `at` NULL. */
struct key_lex_clause {
	struct span name, algorithm, secret;
	unsigned line, algorithm_line, secret_line; /* from 1 */
};

/* False with `line_out` set when the text is neither form, or holds no key or several. */
MUST_USE bool key_lex(struct span text, struct key_lex_clause *clause_out, unsigned *line_out,
		      struct err *err);

#endif
