#include "daemon/ctl/ctl_token.h"

#include "daemon/base/err.h"
#include "daemon/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#define TOKEN_BYTES 32
#define TOKEN_ROOM (4 + 2 * TOKEN_BYTES + 1) /* "mxs_" and hex */
#define HASH_ROOM (2 * EVP_MAX_MD_SIZE + 1)
#define LINE_ROOM 256
#define NAME_MOST 47
#define FILE_MOST 65536 /* what the daemon reads */

static int
usage(FILE *out, int status)
{
	fputs("usage: mxsplitctl token add NAME --role ROLE --file FILE [--json]\n"
	      "  NAME               letters, digits and .-_ ; stands in the journal\n"
	      "  --role ROLE        read: look; operate: look and order; push: hand in counters\n"
	      "  --file FILE        the file that the setting `tokens` names\n"
	      "  --json             as an object with name, role and token\n",
	      out);
	return status;
}

static void
add_hex(struct text *text, const unsigned char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		text_add(text, "%02x", bytes[i]);
}

/* A new token and the hash of its text. */
static bool
make(char token[TOKEN_ROOM], char hash[HASH_ROOM], struct err *err)
{
	unsigned char bytes[TOKEN_BYTES], digest[EVP_MAX_MD_SIZE];
	struct text token_text = text_over(token, TOKEN_ROOM);
	struct text hash_text = text_over(hash, HASH_ROOM);
	unsigned length = 0;

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return err_set(err, ERR_SYSTEM, "no random bytes: %s", strerror(errno));
	text_add(&token_text, "mxs_");
	add_hex(&token_text, bytes, sizeof(bytes));
	explicit_bzero(bytes, sizeof(bytes));
	if (!EVP_Digest(token, token_text.len, digest, &length, EVP_sha256(), NULL))
		return err_set(err, ERR_SYSTEM, "SHA-256 is not there");
	add_hex(&hash_text, digest, length);
	return true;
}

/* Is there a line that begins with this name? Also says whether the last line has its end. */
static bool
check_lines(int fd, const char *name, bool *ended_out, struct err *err)
{
	char *text = calloc(1, FILE_MOST + 1), *at = text, *line;
	ssize_t got = text ? pread(fd, text, FILE_MOST, 0) : -1;
	bool good = true;

	if (got < 0)
		good = err_set(err, ERR_SYSTEM, "cannot be read: %s", strerror(errno));
	else
		*ended_out = got == 0 || text[got - 1] == '\n';
	while (good && (line = strsep(&at, "\n"))) {
		line += strspn(line, " \t");
		if (strcspn(line, " \t") == strlen(name) && strncmp(line, name, strlen(name)) == 0)
			good = err_set(err, ERR_INPUT,
				       "there is a token named %s already; remove its line first",
				       name);
	}
	free(text);
	return good;
}

static bool
append(int fd, const char *name, const char *line, struct err *err)
{
	struct stat about;
	bool ended = true;

	if (flock(fd, LOCK_EX) < 0 || fstat(fd, &about) < 0)
		return err_set(err, ERR_SYSTEM, "%s", strerror(errno));
	if (!S_ISREG(about.st_mode))
		return err_set(err, ERR_INPUT, "this is not a regular file");
	if (about.st_mode & 037)
		return err_set(err, ERR_REFUSED,
			       "others may read it or its group may write it; chmod 600 it first");
	if (about.st_size + (off_t)strlen(line) + 1 > FILE_MOST)
		return err_set(err, ERR_INPUT, "it would become longer than %d bytes", FILE_MOST);
	if (!check_lines(fd, name, &ended, err))
		return false;
	if ((!ended && write(fd, "\n", 1) != 1) ||
	    write(fd, line, strlen(line)) != (ssize_t)strlen(line) || fsync(fd) < 0)
		return err_set(err, ERR_SYSTEM, "cannot be written: %s", strerror(errno));
	return true;
}

static bool
add(const char *name, const char *role, const char *path, char token[TOKEN_ROOM], struct err *err)
{
	char hash[HASH_ROOM], line[LINE_ROOM];
	struct text text = TEXT(line);
	bool good;
	int fd;

	if (!make(token, hash, err))
		return false;
	text_add(&text, "%s %s %s\n", name, role, hash);
	fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_set(err, errno == EACCES ? ERR_REFUSED : ERR_SYSTEM, "%s: %s", path,
			       strerror(errno));
	good = append(fd, name, line, err);
	if (close(fd) < 0 && good)
		good = err_set(err, ERR_SYSTEM, "cannot be written: %s", strerror(errno));
	return good || err_while(err, "%s", path);
}

static bool
name_good(const char *name)
{
	static const char good[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";

	return name[0] && strlen(name) <= NAME_MOST && name[strspn(name, good)] == '\0';
}

static bool
role_good(const char *role)
{
	return strcmp(role, "read") == 0 || strcmp(role, "operate") == 0 ||
	       strcmp(role, "push") == 0;
}

static int
run(const char *name, const char *role, const char *path, bool json)
{
	char token[TOKEN_ROOM];
	struct err err = { 0 };

	if (!add(name, role, path, token, &err)) {
		fprintf(stderr, "mxsplitctl: %s\n", err.text);
		explicit_bzero(token, sizeof(token));
		return err.kind == ERR_REFUSED ? EX_NOPERM
		       : err.kind == ERR_INPUT ? EX_DATAERR
					       : EX_IOERR;
	}
	if (json)
		printf("{\"name\":\"%s\",\"role\":\"%s\",\"token\":\"%s\"}\n", name, role, token);
	else
		puts(token);
	explicit_bzero(token, sizeof(token));
	fprintf(stderr,
		"This token is shown only now. The daemon knows it after its next reload; its user "
		"must "
		"be able to read %s.\n",
		path);
	return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

int
ctl_token(int argc, char **argv)
{
	static const struct option options[] = { { "role", required_argument, NULL, 'r' },
						 { "file", required_argument, NULL, 'f' },
						 { "json", no_argument, NULL, 'j' },
						 { "help", no_argument, NULL, 'h' },
						 { NULL, 0, NULL, 0 } };
	const char *role = NULL, *path = NULL;
	bool json = false;
	int option;

	optind = 0;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1)
		if (option == 'r')
			role = optarg;
		else if (option == 'f')
			path = optarg;
		else if (option == 'j')
			json = true;
		else
			return usage(option == 'h' ? stdout : stderr,
				     option == 'h' ? EX_OK : EX_USAGE);
	if (argc - optind != 2 || strcmp(argv[optind], "add") != 0 || !role || !path)
		return usage(stderr, EX_USAGE);
	if (!name_good(argv[optind + 1]) || !role_good(role))
		return usage(stderr, EX_USAGE);
	return run(argv[optind + 1], role, path, json);
}
