/*
 * The API's tokens: a file of lines `name role sha256-hex`, # begins a comment. Only the SHA-256 of
 * a token is kept; the tokens themselves are 256 random bits made by `mxsplitctl token add`.
 */
#ifndef WEB_TOKENS_H
#define WEB_TOKENS_H

#include "daemon/base/err.h"
#include "daemon/base/span.h"

#define TOKENS_MOST 64
#define TOKENS_NAME 48
#define TOKENS_FILE 65536 /* bytes */
#define TOKENS_HASH 32

enum role {
	ROLE_READ,    /* look */
	ROLE_OPERATE, /* look, and order */
	ROLE_PUSH,    /* hand in counters, nothing else */
};

struct token {
	char name[TOKENS_NAME];
	enum role role;
	unsigned char hash[TOKENS_HASH];
};

struct tokens {
	unsigned count;
	struct token list[TOKENS_MOST];
};

const char *tokens_role_name(enum role role);

/* Reads the text of a token file; `tokens_out` is untouched on failure. */
MUST_USE bool tokens_parse(struct span text, struct tokens *tokens_out, struct err *err);

/* Reads the file; a path of "" or a file that is not there gives no tokens. A file that group or
 * others may write is refused. */
MUST_USE bool tokens_read(const char *path, struct tokens *tokens_out, struct err *err);

/* The token with this text, or NULL. Takes the same time whichever it is. */
const struct token *tokens_find(const struct tokens *tokens, struct span text);

/* Does this role include the other? */
bool tokens_allow(enum role has, enum role wanted);

#endif
