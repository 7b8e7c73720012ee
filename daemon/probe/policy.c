#include "daemon/probe/policy.h"

#include "daemon/base/text.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define TIMEOUT_MS 20000L

struct body {
	char *at; /* STS_BYTES + 1 */
	size_t length;
};

static size_t
take(char *bytes, size_t size, size_t count, void *ctx)
{
	struct body *body = ctx;
	size_t length = size * count, room = STS_BYTES + 1 - body->length;

	if (length > room)
		return 0;
	memcpy(body->at + body->length, bytes, length);
	body->length += length;
	return length;
}

static void
set_up(CURL *curl, const char *url, struct body *body)
{
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, TIMEOUT_MS);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
}

bool
policy_fetch(const char *domain, struct sts_policy *out, struct err *err)
{
	struct span name = span_of(domain);
	struct body body = { .at = malloc(STS_BYTES + 1) };
	char url[512], why[CURL_ERROR_SIZE] = "";
	struct text text = TEXT(url);
	CURL *curl = curl_easy_init();
	CURLcode code = CURLE_OUT_OF_MEMORY;
	long status = 0;
	bool ok = false;

	name.len -= span_ends(name, SPAN("."));
	text_add(&text, "https://mta-sts.%.*s/.well-known/mta-sts.txt", (int)name.len, name.at);
	if (curl && body.at) {
		set_up(curl, url, &body);
		curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
		code = curl_easy_perform(curl);
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	}
	if (code != CURLE_OK)
		err_set(err, ERR_SYSTEM, "%s: %s", url, why[0] ? why : curl_easy_strerror(code));
	else if (status != 200)
		err_set(err, ERR_INPUT, "%s: HTTP status %ld", url, status);
	else
		ok = sts_read((struct span){ body.at, body.length }, out, err) ||
		     err_while(err, "%s", url);
	curl_easy_cleanup(curl);
	free(body.at);
	return ok;
}

bool
policy_read(const char *path, struct sts_policy *out, struct err *err)
{
	FILE *file = fopen(path, "re");
	char *bytes = malloc(STS_BYTES + 1);
	size_t length;
	bool ok;

	if (!file || !bytes) {
		ok = err_set(err, ERR_SYSTEM, "%s: %s", path, strerror(errno));
	} else {
		length = fread(bytes, 1, STS_BYTES + 1, file);
		ok = sts_read((struct span){ bytes, length }, out, err) ||
		     err_while(err, "%s", path);
	}
	if (file)
		fclose(file);
	free(bytes);
	return ok;
}
