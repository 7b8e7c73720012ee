#include "daemon/counters/poll_secret.h"

#include "daemon/base/names.h"
#include "daemon/base/scan.h"
#include "daemon/base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PHRASE_LEAST 8

static const struct name auths[] = {
	{ POLL_SECRET_SHA, "SHA" },	   { POLL_SECRET_SHA, "SHA-1" },
	{ POLL_SECRET_SHA224, "SHA-224" }, { POLL_SECRET_SHA256, "SHA-256" },
	{ POLL_SECRET_SHA384, "SHA-384" }, { POLL_SECRET_SHA512, "SHA-512" },
};

/* Cuts the first word off. */
static struct span
word(struct span *line)
{
	struct span first = { line->at, 0 };

	while (first.len < line->len && first.at[first.len] != ' ' && first.at[first.len] != '\t')
		first.len++;
	*line = span_trimmed(span_after(*line, first.len));
	return first;
}

/* Copies a value that was not yet given, of at least `least` printable bytes; says what is wrong.
 */
static const char *
put(struct span value, size_t least, char *out, size_t room)
{
	if (out[0])
		return "is given twice";
	if (value.len < least)
		return least > 1 ? "is too short, wanted at least 8 characters" : "is empty";
	for (size_t i = 0; i < value.len; i++)
		if ((unsigned char)value.at[i] < ' ')
			return "has control characters";
	return span_copy(value, out, room) ? NULL : "is too long";
}

static const char *
read_line(struct span key, struct span rest, struct poll_secret *secret)
{
	int auth;

	if (span_equal(key, SPAN("community")))
		return put(rest, 1, secret->community, sizeof(secret->community));
	if (span_equal(key, SPAN("user")))
		return put(rest, 1, secret->user, sizeof(secret->user));
	if (span_equal(key, SPAN("auth"))) {
		if (!names_value(auths, sizeof(auths) / sizeof(auths[0]), word(&rest), &auth))
			return "wants SHA, SHA-224, SHA-256, SHA-384 or SHA-512, and a passphrase";
		secret->auth = (enum poll_secret_auth)auth;
		return put(rest, PHRASE_LEAST, secret->auth_phrase, sizeof(secret->auth_phrase));
	}
	if (span_equal(key, SPAN("priv"))) {
		if (!span_equal(word(&rest), SPAN("AES")))
			return "wants AES and a passphrase";
		return put(rest, PHRASE_LEAST, secret->priv_phrase, sizeof(secret->priv_phrase));
	}
	return "";
}

/* What the whole lacks, or NULL. */
static const char *
lacks(const struct poll_secret *secret)
{
	bool any = secret->user[0] || secret->auth_phrase[0] || secret->priv_phrase[0];

	if (secret->community[0])
		return any ? "it has both a community and a user, wanted one of them" : NULL;
	if (!any)
		return "it is empty, wanted `community WORD` or user, auth and priv";
	if (!secret->user[0] || !secret->auth_phrase[0] || !secret->priv_phrase[0])
		return "a v3 user wants the three lines user, auth and priv";
	return NULL;
}

bool
poll_secret_parse(const char *path, struct span text, struct poll_secret *out, struct err *err)
{
	struct poll_secret secret = { 0 };
	const char *wrong = NULL;

	for (unsigned line = 1; text.len && !wrong; line++) {
		const char *end = memchr(text.at, '\n', text.len);
		size_t length = end ? (size_t)(end - text.at) : text.len;
		struct span rest = span_trimmed((struct span){ text.at, length }), key;

		text = span_after(text, length + 1);
		if (!rest.len || rest.at[0] == '#')
			continue;
		key = word(&rest);
		wrong = read_line(key, rest, &secret);
		if (wrong && !wrong[0]) /* it might be a secret: not shown */
			err_set(err, ERR_INPUT,
				"%s:%u: wanted a line that begins with community, user, auth or "
				"priv",
				path, line);
		else if (wrong)
			err_set(err, ERR_INPUT, "%s:%u: %.*s %s", path, line, (int)key.len, key.at,
				wrong);
	}
	if (!wrong && (wrong = lacks(&secret)))
		err_set(err, ERR_INPUT, "%s: %s", path, wrong);
	secret.v3 = secret.user[0] != '\0';
	if (!wrong)
		*out = secret;
	explicit_bzero(&secret, sizeof(secret));
	return !wrong;
}

static bool
read_open(int fd, const char *path, struct poll_secret *out, struct err *err)
{
	char text[POLL_SECRET_FILE + 1];
	struct stat about;
	ssize_t length;
	bool ok;

	if (fstat(fd, &about) < 0 || !S_ISREG(about.st_mode))
		return err_set(err, ERR_INPUT, "%s is not a file", path);
	if (about.st_mode & secret_others(path, getenv("CREDENTIALS_DIRECTORY")))
		return err_set(err, ERR_INPUT, "%s is open to others (mode %03o), wanted mode 600",
			       path, (unsigned)(about.st_mode & 0777));
	length = read(fd, text, sizeof(text));
	if (length < 0)
		return err_set(err, ERR_SYSTEM, "%s cannot be read: %s", path, strerror(errno));
	ok = length <= POLL_SECRET_FILE
		     ? poll_secret_parse(path, (struct span){ text, (size_t)length }, out, err)
		     : err_set(err, ERR_INPUT, "%s is larger than %d bytes", path,
			       POLL_SECRET_FILE);
	explicit_bzero(text, sizeof(text));
	return ok;
}

bool
poll_secret_read(const char *path, struct poll_secret *out, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool ok;

	if (fd < 0)
		return err_set(err, ERR_SYSTEM, "%s cannot be read: %s", path, strerror(errno));
	ok = read_open(fd, path, out, err);
	close(fd);
	return ok;
}
