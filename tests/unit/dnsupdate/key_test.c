#include "dnsupdate/key.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define KNOT "key:\n  - id: MxSplit\n    algorithm: hmac-sha512\n    secret: AAECAw==\n"

static const struct {
	const char *text;
	const char *name;
	enum tsig_algorithm algorithm;
	size_t secret;
} good[] = {
	{ "key \"mxsplit\" {\n\talgorithm hmac-sha256;\n\tsecret \"AAECAw==\";\n};\n", "mxsplit.",
	  TSIG_SHA256, 4 },
	{ "# one\n// two\n/* three\n*/ key MX.Split. { secret AAEC; algorithm "
	  "HMAC-MD5.SIG-ALG.REG.INT.; };",
	  "mx.split.", TSIG_MD5, 3 },
	{ "KEY k{algorithm \"hmac-sha1\";secret \"AA EC Aw ==\";};//end", "k.", TSIG_SHA1, 4 },
	{ "key k { algorithm hmac-sha224; /* x */ secret \"A+/=\"; }; # end", "k.", TSIG_SHA224,
	  2 },
	{ KNOT, "mxsplit.", TSIG_SHA512, 4 },
	{ "# hmac-sha384:k:AAEC\n\nkey:\n- id: \"k\" # why\n  algorithm: hmac-sha384\n  secret: "
	  "'AAEC'",
	  "k.", TSIG_SHA384, 3 },
};

static const struct {
	const char *text;
	const char *error;
} bad[] = {
	{ "", "f:1: holds no key" },
	{ "\n\n", "f:3: holds no key" },
	{ "options { };", "f:1: wanted a key clause" },
	{ "key k { algorithm hmac-sha256;\nsecret \"\"; };", "f:2: the secret is empty" },
	{ "key k { algorithm hmac-sha256;\nsecret \"  \"; };", "f:2: the secret is empty" },
	{ "key k {\nalgorithm hmac-sha256-128; secret AAEC; };", "f:2: the algorithm is not" },
	{ "key k { algorithm hmac-sha256; secret A; };", "f:1: the secret is not base64" },
	{ "key k { algorithm hmac-sha256; secret \"AA=A\"; };", "f:1: the secret is not base64" },
	{ "key k { algorithm hmac-sha256; secret \"AAA\"; };", "f:1: the secret is not base64" },
	{ "key k { algorithm hmac-sha256; };", "f:1: the key has no secret" },
	{ "key k { secret AAEC; };", "f:1: the key has no algorithm" },
	{ "key k { secret AAEC; secret AAEC; };", "f:1: given twice" },
	{ "key k { secret AAEC; algorithm hmac-sha1; }", "f:1: wanted ';'" },
	{ "key k { secret AAEC;\n/* algorithm hmac-sha1; };", "f:2: a comment is not closed" },
	{ "key k { secret \"AAEC; };\n", "f:1: a quote is not closed" },
	{ "key a..b { algorithm hmac-sha1; secret AAEC; };", "f:1: a label" },
	{ "key \"\" { algorithm hmac-sha1; secret AAEC; };", "f:1: the key's name has" },
	{ "key \"a b\" { algorithm hmac-sha1; secret AAEC; };", "f:1: a key's name is made of" },
	{ "key { algorithm hmac-sha1; };", "f:1: wanted the key's name" },
	{ "key a { algorithm hmac-sha1; secret AAEC; };\nkey b { algorithm hmac-sha1; secret AAEC; "
	  "};",
	  "f:2: wanted one key" },
	{ KNOT KNOT, "f:5: wanted 'id:'" },
	{ KNOT "  - id: two\n", "f:5: wanted one key" },
	{ "key:\n", "f:2: holds no key" },
	{ "key:\n  id: k\n", "f:2: wanted '- id:'" },
	{ "key:\n  - id: k\n    colour: red\n", "f:3: wanted 'id:'" },
	{ "key:\n  - id: k\n    algorithm: hmac-sha9\n    secret: AAEC\n",
	  "f:3: the algorithm is not" },
	{ "key:\n  - id: k\n    algorithm: hmac-sha1\n    secret:\n", "f:4: the secret is empty" },
};

Test(key, says_what_it_read_or_where_it_is_wrong)
{
	struct tsig_key key;
	struct err err;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		bool read = key_parse("f", span_of(good[i].text), &key, &err);

		cr_assert(read, "row %zu: %s", i, read ? "" : err.text);
		cr_assert_str_eq(key.name, good[i].name, "row %zu: %s", i, key.name);
		cr_assert(key.algorithm == good[i].algorithm, "row %zu", i);
		cr_assert(key.secret_len == good[i].secret, "row %zu: %zu", i, key.secret_len);
	}
	cr_assert(key.wire_len == 3 && memcmp(key.wire, "\1k", 3) == 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		bool read = key_parse("f", span_of(bad[i].text), &key, &err);

		cr_assert(!read, "row %zu was read: %s", i, bad[i].text);
		cr_assert(span_begins(span_of(err.text), span_of(bad[i].error)), "row %zu: %s", i,
			  err.text);
		cr_assert_str_eq(key.name, "k.", "row %zu touched the key", i);
	}
}

Test(key, wants_a_file_for_its_owner_alone_and_of_sane_size)
{
	char path[] = "/tmp/mxsplit-key-XXXXXX", label[80];
	struct tsig_key key;
	struct err err;
	int fd = mkstemp(path);

	cr_assert(fd >= 0 && write(fd, KNOT, strlen(KNOT)) == (ssize_t)strlen(KNOT));
	cr_assert(key_read(path, &key, &err), "%s", err.text);
	cr_assert(fchmod(fd, 0640) == 0 && !key_read(path, &key, &err));
	cr_assert(strstr(err.text, "can be read by others (mode 0640)"), "%s", err.text);
	cr_assert(fchmod(fd, 0600) == 0 && ftruncate(fd, KEY_FILE) == 0);
	cr_assert(!key_read(path, &key, &err) && !strstr(err.text, "larger"), "%s", err.text);
	cr_assert(ftruncate(fd, KEY_FILE + 1) == 0 && !key_read(path, &key, &err));
	cr_assert(strstr(err.text, "is larger than"), "%s", err.text);
	cr_assert(!key_read("/tmp", &key, &err) && strstr(err.text, "not a regular file"));
	unlink(path);
	close(fd);
	cr_assert(!key_read(path, &key, &err) && err.kind == ERR_SYSTEM, "%s", err.text);
	key_wipe(&key);
	cr_assert(key.secret_len == 0);
	for (size_t size = 62; size <= 64; size++) {
		memset(label, 'a', size);
		cr_assert(key_name(&key, (struct span){ label, size }, &err) == (size < 64), "%zu",
			  size);
	}
}

Test(key, every_algorithm_has_one_name)
{
	for (int i = 0; i < TSIG_ALGORITHMS; i++)
		cr_assert(strcmp(key_algorithm((enum tsig_algorithm)i), "unknown") != 0, "%d", i);
}
