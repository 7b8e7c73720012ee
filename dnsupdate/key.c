#include "dnsupdate/key.h"

#include "daemon/base/names.h"
#include "daemon/base/secret.h"
#include "dnsupdate/key_lex.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct name algorithms[] = {
	{ TSIG_MD5, "hmac-md5" },
	{ TSIG_SHA1, "hmac-sha1" },
	{ TSIG_SHA224, "hmac-sha224" },
	{ TSIG_SHA256, "hmac-sha256" },
	{ TSIG_SHA384, "hmac-sha384" },
	{ TSIG_SHA512, "hmac-sha512" },
	{ TSIG_MD5, "hmac-md5.sig-alg.reg.int" },
};

const char *
key_algorithm(enum tsig_algorithm algorithm)
{
	return names_name(algorithms, TSIG_ALGORITHMS, (int)algorithm);
}

static bool
name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool
key_name(struct tsig_key *key, struct span name, struct err *err)
{
	char text[KEY_NAME];
	size_t label = 0; /* where the length octet of the present label goes */

	if (span_ends(name, SPAN(".")))
		name.len--;
	if (name.len == 0 || name.len > 253)
		return err_set(err, ERR_INPUT,
			       "the key's name has 1 to 253 characters, this has %zu", name.len);
	span_copy_lower(name, text, sizeof(text));
	for (size_t i = 0; i <= name.len; i++) {
		char c = i < name.len ? text[i] : '.';

		if (c == '.') {
			if (i == label || i - label > 63)
				return err_set(err, ERR_INPUT,
					       "a label of the key's name has 1 to 63 characters, "
					       "this has %zu",
					       i - label);
			key->wire[label] = (uint8_t)(i - label);
			label = i + 1;
		} else if (name_char(c)) {
			key->wire[i + 1] = (uint8_t)c;
		} else {
			return err_set(
				err, ERR_INPUT,
				"a key's name is made of letters, digits, '-', '_' and dots");
		}
	}
	key->wire[label] = 0;
	key->wire_len = label + 1;
	memcpy(text + name.len, ".", 2);
	memcpy(key->name, text, sizeof(text));
	return true;
}

static bool
set_algorithm(struct tsig_key *key, struct span value, struct err *err)
{
	char lower[64];
	int found = 0;

	if (span_ends(value, SPAN(".")))
		value.len--;
	if (!span_copy_lower(value, lower, sizeof(lower)) ||
	    !names_value(algorithms, sizeof(algorithms) / sizeof(algorithms[0]), span_of(lower),
			 &found))
		return err_set(err, ERR_INPUT,
			       "the algorithm is not one of hmac-md5, hmac-sha1, hmac-sha224, "
			       "hmac-sha256, hmac-sha384, hmac-sha512 (shortened ones such as "
			       "hmac-sha256-128 are not supported)");
	key->algorithm = (enum tsig_algorithm)found;
	return true;
}

static int
base64_value(char c)
{
	return c >= 'A' && c <= 'Z'   ? c - 'A'
	       : c >= 'a' && c <= 'z' ? c - 'a' + 26
	       : c >= '0' && c <= '9' ? c - '0' + 52
	       : c == '+'	      ? 62
	       : c == '/'	      ? 63
				      : -1;
}

/* Base64 (RFC 4648, section 4), white space inside allowed as named does. */
static bool
set_secret(struct tsig_key *key, struct span value, struct err *err)
{
	unsigned bits = 0, digits = 0, pads = 0;

	key->secret_len = 0;
	for (size_t i = 0; i < value.len; i++) {
		char c = value.at[i];
		int digit = base64_value(c);

		if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
			continue;
		if (c == '=' && ++pads <= 2)
			continue;
		if (digit < 0 || pads)
			return err_set(err, ERR_INPUT, "the secret is not base64");
		bits = (bits << 6 | (unsigned)digit) & 0xFFFFFF;
		if (++digits % 4 == 1)
			continue;
		if (key->secret_len == KEY_SECRET)
			return err_set(err, ERR_INPUT, "the secret is longer than %d octets",
				       KEY_SECRET);
		key->secret[key->secret_len++] = (uint8_t)(bits >> (digits % 4 == 2   ? 4
								    : digits % 4 == 3 ? 2
										      : 0));
	}
	if ((digits + pads) % 4 != 0 || digits % 4 == 1)
		return err_set(err, ERR_INPUT, "the secret is not base64: %u digits and %u '='",
			       digits, pads);
	if (key->secret_len == 0)
		return err_set(err, ERR_INPUT, "the secret is empty");
	return true;
}

static bool
judge(const struct key_lex_clause *clause, struct tsig_key *key, unsigned *line, struct err *err)
{
	*line = clause->line;
	if (!clause->name.at)
		return err_set(err, ERR_INPUT, "the key has no name");
	if (!clause->algorithm.at)
		return err_set(err, ERR_INPUT, "the key has no algorithm");
	if (!clause->secret.at)
		return err_set(err, ERR_INPUT, "the key has no secret");
	if (!key_name(key, clause->name, err))
		return false;
	*line = clause->algorithm_line;
	if (!set_algorithm(key, clause->algorithm, err))
		return false;
	*line = clause->secret_line;
	return set_secret(key, clause->secret, err);
}

bool
key_parse(const char *path, struct span text, struct tsig_key *key_out, struct err *err)
{
	struct key_lex_clause clause = { 0 };
	struct tsig_key key = { 0 };
	unsigned line = 0;
	bool good;

	good = key_lex(text, &clause, &line, err) && judge(&clause, &key, &line, err);
	if (good)
		*key_out = key;
	key_wipe(&key);
	return good || err_while(err, "%s:%u", path, line);
}

static bool
read_all(int fd, const char *path, char *room, size_t *len_out, struct err *err)
{
	struct stat stat;

	if (fstat(fd, &stat) != 0)
		return err_set(err, ERR_SYSTEM, "%s: %s", path, strerror(errno));
	if (!S_ISREG(stat.st_mode))
		return err_set(err, ERR_INPUT, "%s is not a regular file", path);
	if (stat.st_mode & secret_others(path, getenv("CREDENTIALS_DIRECTORY")))
		return err_set(
			err, ERR_INPUT,
			"%s can be read by others (mode %04o): it holds a secret, chmod 600 it",
			path, (unsigned)(stat.st_mode & 07777));
	*len_out = 0;
	for (;;) {
		ssize_t got = read(fd, room + *len_out, KEY_FILE + 1 - *len_out);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set(err, ERR_SYSTEM, "%s: %s", path, strerror(errno));
		if (got == 0)
			return true;
		*len_out += (size_t)got;
		if (*len_out > KEY_FILE)
			return err_set(err, ERR_INPUT,
				       "%s is larger than %d octets: not a key file", path,
				       KEY_FILE);
	}
}

bool
key_read(const char *path, struct tsig_key *key_out, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *room = malloc(KEY_FILE + 1);
	size_t len = 0;
	bool good = false;

	if (fd < 0)
		err_set(err, ERR_SYSTEM, "%s: %s", path, strerror(errno));
	else if (!room)
		err_set(err, ERR_SYSTEM, "no memory for a key file");
	else
		good = read_all(fd, path, room, &len, err) &&
		       key_parse(path, (struct span){ room, len }, key_out, err);
	if (room)
		explicit_bzero(room, KEY_FILE + 1);
	free(room);
	if (fd >= 0)
		close(fd);
	return good;
}

void
key_wipe(struct tsig_key *key)
{
	if (key)
		explicit_bzero(key, sizeof(*key));
}
