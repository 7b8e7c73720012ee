#include "daemon/notify/seal.h"

#include "daemon/base/span.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
read_line(int fd, const char *path, char out[SEAL_SECRET], struct err *err)
{
	struct stat about;
	ssize_t length;

	if (fstat(fd, &about) < 0 || !S_ISREG(about.st_mode))
		return err_set(err, ERR_INPUT, "%s is not a file", path);
	if (about.st_mode & (S_IRWXG | S_IRWXO))
		return err_set(err, ERR_INPUT, "%s is open to others (mode %03o), wanted mode 600",
			       path, (unsigned)(about.st_mode & 0777));
	length = read(fd, out, SEAL_SECRET);
	if (length < 0)
		return err_set(err, ERR_SYSTEM, "%s cannot be read: %s", path, strerror(errno));
	if (length == SEAL_SECRET)
		return err_set(err, ERR_INPUT, "%s is larger than %d bytes", path, SEAL_SECRET - 1);
	out[length] = '\0';
	out[strcspn(out, "\r\n")] = '\0';
	for (const char *at = out; *at; at++)
		if (*at <= ' ' || *at > '~')
			return err_set(err, ERR_INPUT,
				       "%s: wanted one line of ASCII without blanks", path);
	return out[0] || err_set(err, ERR_INPUT, "%s is empty", path);
}

bool
seal_read(const char *path, char out[SEAL_SECRET], struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char line[SEAL_SECRET] = "";
	bool ok;

	if (fd < 0)
		return err_set(err, ERR_SYSTEM, "%s cannot be read: %s", path, strerror(errno));
	ok = read_line(fd, path, line, err);
	close(fd);
	if (ok)
		memcpy(out, line, SEAL_SECRET);
	explicit_bzero(line, sizeof(line));
	return ok;
}

/* The key's bytes; -1 when it is not base64. */
static int
key_bytes(const char *secret, unsigned char out[SEAL_SECRET])
{
	struct span text = span_of(secret);
	int length;

	if (!span_begins(text, SPAN("whsec_"))) {
		memcpy(out, text.at, text.len);
		return (int)text.len;
	}
	text = span_after(text, 6);
	length = EVP_DecodeBlock(out, (const unsigned char *)text.at, (int)text.len);
	for (unsigned pad = 0; pad < 2 && length > 0 && span_ends(text, SPAN("=")); pad++) {
		text.len--; /* libcrypto counts what padding stands for */
		length--;
	}
	return length;
}

bool
seal_sign(const char *secret, const char *id, int64_t timestamp, const char *body,
	  char out[SEAL_SIGNATURE], struct err *err)
{
	unsigned char key[SEAL_SECRET] = { 0 }, mac[EVP_MAX_MD_SIZE];
	unsigned char encoded[48]; /* base64 of 32 bytes: 44 */
	int length = key_bytes(secret, key);
	unsigned mac_length = 0;
	char *content = NULL;
	bool ok = false;

	if (length < SEAL_KEY_LEAST) {
		err_set(err, ERR_INPUT, "the signing key is %s",
			length < 0 ? "not base64 behind whsec_"
				   : "too short, wanted 16 bytes or more");
		goto out;
	}
	if (asprintf(&content, "%s.%lld.%s", id, (long long)timestamp, body) < 0) {
		content = NULL;
		err_set(err, ERR_SYSTEM, "out of memory");
		goto out;
	}
	if (!HMAC(EVP_sha256(), key, length, (const unsigned char *)content, strlen(content), mac,
		  &mac_length)) {
		err_set(err, ERR_SYSTEM, "the signature cannot be made");
		goto out;
	}
	EVP_EncodeBlock(encoded, mac, (int)mac_length);
	snprintf(out, SEAL_SIGNATURE, "v1,%s", (const char *)encoded);
	ok = true;
out:
	free(content);
	explicit_bzero(key, sizeof(key));
	return ok;
}
