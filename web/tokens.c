#include "web/tokens.h"

#include "daemon/base/names.h"
#include "daemon/base/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct name roles[] = {
	{ ROLE_READ, "read" },
	{ ROLE_OPERATE, "operate" },
	{ ROLE_PUSH, "push" },
};

#define ROLES (sizeof(roles) / sizeof(roles[0]))

const char *
tokens_role_name(enum role role)
{
	return names_name(roles, ROLES, role);
}

bool
tokens_allow(enum role has, enum role wanted)
{
	return has == wanted || (has == ROLE_OPERATE && wanted == ROLE_READ);
}

static struct span
word(struct scan *scan)
{
	struct span word;

	while (scan->at < scan->end && (*scan->at == ' ' || *scan->at == '\t'))
		scan->at++;
	word.at = scan->at;
	while (scan->at < scan->end && *scan->at != ' ' && *scan->at != '\t')
		scan->at++;
	word.len = (size_t)(scan->at - word.at);
	return word;
}

static int
nibble(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
read_hash(struct span hex, unsigned char out[TOKENS_HASH])
{
	if (hex.len != 2 * TOKENS_HASH)
		return false;
	for (size_t i = 0; i < TOKENS_HASH; i++) {
		int high = nibble(hex.at[2 * i]), low = nibble(hex.at[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

static bool
read_line(struct span line, struct token *token, struct err *err)
{
	struct scan scan = scan_over(line);
	struct span name = word(&scan), role = word(&scan), hash = word(&scan);
	int value = 0;

	if (word(&scan).len || !hash.len)
		return err_set(err, ERR_INPUT, "wanted `name role sha256-hex`");
	if (!span_copy(name, token->name, sizeof(token->name)))
		return err_set(err, ERR_INPUT, "the name is longer than %d bytes", TOKENS_NAME - 1);
	if (!names_value(roles, ROLES, role, &value))
		return err_set(err, ERR_INPUT, "the role is none of read, operate, push");
	if (!read_hash(hash, token->hash))
		return err_set(err, ERR_INPUT, "the hash is not 64 lower-case hex digits");
	token->role = (enum role)value;
	return true;
}

static struct span
cut_line(struct span *text)
{
	const char *end = memchr(text->at, '\n', text->len);
	struct span line = { text->at, end ? (size_t)(end - text->at) : text->len };

	*text = span_after(*text, line.len + 1);
	if (span_ends(line, SPAN("\r")))
		line.len--;
	return line;
}

bool
tokens_parse(struct span text, struct tokens *tokens_out, struct err *err)
{
	struct tokens tokens = { 0 };

	for (unsigned number = 1; text.len; number++) {
		struct span line = cut_line(&text);
		struct scan scan = scan_over(line);
		struct span first = word(&scan);

		if (!first.len || first.at[0] == '#')
			continue;
		if (tokens.count == TOKENS_MOST)
			return err_set(err, ERR_INPUT, "line %u: more than %d tokens", number,
				       TOKENS_MOST);
		if (!read_line(line, &tokens.list[tokens.count], err))
			return err_while(err, "line %u", number);
		tokens.count++;
	}
	*tokens_out = tokens;
	return true;
}

static bool
read_open(int fd, struct tokens *tokens_out, struct err *err)
{
	struct stat about;
	char *text;
	size_t length = 0;
	ssize_t got = 0;
	bool good;

	if (fstat(fd, &about) < 0 || !S_ISREG(about.st_mode))
		return err_set(err, ERR_INPUT, "not a regular file");
	if (about.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(err, ERR_INPUT, "group or others may write it; chmod 600 it");
	text = malloc(TOKENS_FILE + 1);
	if (!text)
		return err_set(err, ERR_SYSTEM, "out of memory");
	while (length <= TOKENS_FILE &&
	       (got = read(fd, text + length, TOKENS_FILE + 1 - length)) > 0)
		length += (size_t)got;
	if (got < 0)
		good = err_set(err, ERR_SYSTEM, "cannot be read: %s", strerror(errno));
	else if (length > TOKENS_FILE)
		good = err_set(err, ERR_INPUT, "longer than %d bytes", TOKENS_FILE);
	else
		good = tokens_parse((struct span){ text, length }, tokens_out, err);
	free(text);
	return good;
}

bool
tokens_read(const char *path, struct tokens *tokens_out, struct err *err)
{
	int fd = path[0] ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	bool good;

	if (fd < 0 && (!path[0] || errno == ENOENT)) {
		*tokens_out = (struct tokens){ 0 };
		return true;
	}
	if (fd < 0)
		return err_set(err, ERR_SYSTEM, "token file %s: %s", path, strerror(errno));
	good = read_open(fd, tokens_out, err);
	close(fd);
	return good || err_while(err, "token file %s", path);
}

const struct token *
tokens_find(const struct tokens *tokens, struct span text)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	const struct token *found = NULL;

	if (!EVP_Digest(text.at, text.len, hash, NULL, EVP_sha256(), NULL))
		return NULL;
	for (unsigned i = 0; i < tokens->count; i++)
		if (CRYPTO_memcmp(tokens->list[i].hash, hash, TOKENS_HASH) == 0)
			found = &tokens->list[i];
	return found;
}
