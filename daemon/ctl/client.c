#include "daemon/ctl/client.h"

#include "daemon/base/text.h"
#include "daemon/ctl/ctl_show.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#define URL_ROOM 1024

struct answer {
	char *at;
	size_t length;
};

struct client
client_default(void)
{
	const char *socket = getenv("MXSPLIT_SOCKET");

	return (struct client){ .socket = socket && socket[0] ? socket : CLIENT_SOCKET };
}

bool
client_option(struct client *client, int option, char *value)
{
	switch (option) {
	case 'S':
		client->socket = value;
		client->url = NULL;
		return true;
	case 'U':
		client->url = value;
		return true;
	case 'T':
		client->token_file = value;
		return true;
	case 'J':
		return client->json = true;
	case 'h':
		return client->help = true;
	default:
		return false;
	}
}

static int
say(int status, const char *where, const char *sentence)
{
	fputs("mxsplitctl: ", stderr);
	if (where[0]) {
		ctl_show_text(stderr, where);
		fputs(": ", stderr);
	}
	ctl_show_text(stderr, sentence);
	fputc('\n', stderr);
	return status;
}

bool
client_domain(const char *domain)
{
	static const char good[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";

	if (domain[0] && domain[strspn(domain, good)] == '\0')
		return true;
	say(EX_DATAERR, domain, "this is no domain name (write A-labels: xn--...)");
	return false;
}

static size_t
take(char *bytes, size_t size, size_t count, void *ctx)
{
	struct answer *answer = ctx;
	size_t more = size * count;
	char *grown;

	if (more > CLIENT_ANSWER - answer->length)
		return 0;
	grown = realloc(answer->at, answer->length + more + 1);
	if (!grown)
		return 0;
	memcpy(grown + answer->length, bytes, more);
	answer->at = grown;
	answer->length += more;
	return more;
}

/* The first line of the token file, as a header field. */
static int
read_token(const char *path, char *out, size_t room)
{
	char token[CLIENT_TOKEN] = "";
	struct text text = text_over(out, room);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, token, sizeof(token) - 1);
	int failed = errno;

	if (fd >= 0)
		close(fd);
	if (got < 0)
		return say(EX_NOINPUT, path, strerror(failed));
	token[strcspn(token, "\r\n")] = '\0';
	if (!token[0])
		return say(EX_DATAERR, path, "there is no token in its first line");
	text_add(&text, "Authorization: Bearer %s", token);
	return EX_OK;
}

static int
set_up(CURL *curl, const struct client *client, const char *method, const char *path,
       struct answer *answer)
{
	char url[URL_ROOM];
	struct text text = TEXT(url);

	text_add(&text, "%s%s", client->url ? client->url : "http://localhost", path);
	if (text.cut || strncmp(url, "http://", 7) != 0)
		return say(EX_USAGE, client->url ? client->url : "",
			   "wanted a URL that begins with http://");
	curl_easy_setopt(curl, CURLOPT_URL, url);
	if (!client->url)
		curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, client->socket);
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, CLIENT_TIMEOUT_MS);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CLIENT_CONNECT_MS);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
	return EX_OK;
}

static int
not_reached(CURL *curl, CURLcode code, const struct client *client)
{
	const char *where = client->url ? client->url : client->socket;
	char sentence[512];
	struct text text = TEXT(sentence);
	long os = 0;

	curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &os);
	if (!client->url && (os == EACCES || os == EPERM))
		return say(EX_NOPERM, where,
			   "you may not open this socket; be root, or in the group that it belongs "
			   "to");
	text_add(&text,
		 "mxsplitd does not answer there (%s). Is it running (mxsplitd -f -c FILE)? "
		 "Another place is named with --socket or --url",
		 os ? strerror((int)os) : curl_easy_strerror(code));
	return say(EX_UNAVAILABLE, where, sentence);
}

static int
meaning(long status)
{
	switch (status) {
	case 400: /* all that says: this input is wrong */
	case 404:
	case 405:
	case 411:
	case 413:
	case 414:
	case 415:
	case 422:
	case 431:
		return EX_DATAERR;
	case 401:
	case 403:
	case 409:
	case 412:
	case 421:
	case 428:
		return EX_NOPERM;
	default:
		return EX_TEMPFAIL;
	}
}

static int
understand(long status, const struct client *client, const struct answer *answer,
	   json_t **answer_out)
{
	const char *where = client->url ? client->url : client->socket;
	json_t *document = answer->at ? json_loadb(answer->at, answer->length, 0, NULL) : NULL;
	const char *detail = json_string_value(json_object_get(document, "detail"));
	int code;

	if (!json_is_object(document) || (status != 200 && !detail)) {
		json_decref(document);
		return say(EX_UNAVAILABLE, where, "what answers there is not mxsplitd");
	}
	if (status == 200) {
		*answer_out = document;
		return EX_OK;
	}
	code = say(meaning(status), "", detail);
	json_decref(document);
	return code;
}

static int
perform(CURL *curl, const struct client *client, struct curl_slist *headers, const char *body,
	const struct answer *answer, json_t **answer_out)
{
	long status = 0;
	CURLcode code;

	if (body)
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	code = curl_easy_perform(curl);
	if (code != CURLE_OK)
		return not_reached(curl, code, client);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	return understand(status, client, answer, answer_out);
}

int
client_call(const struct client *client, const char *method, const char *path, const json_t *body,
	    json_t **answer_out)
{
	char token[CLIENT_TOKEN + 32] = "";
	struct answer answer = { 0 };
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	bool post = strcmp(method, "POST") == 0; /* has a length, if only 0 */
	char *text = body ? json_dumps(body, JSON_COMPACT) : post ? strdup("") : NULL;
	CURL *curl = curl_easy_init();
	int status = EX_OSERR;

	if (!curl || !headers || (body && !text))
		goto out;
	status = client->token_file ? read_token(client->token_file, token, sizeof(token)) : EX_OK;
	if (status == EX_OK)
		status = set_up(curl, client, method, path, &answer);
	if (status != EX_OK)
		goto out;
	if (token[0])
		headers = curl_slist_append(headers, token);
	if (body) /* who types an order means it, whatever was there */
		headers = curl_slist_append(headers, "If-Match: *");
	status = perform(curl, client, headers, text, &answer, answer_out);
out:
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	explicit_bzero(token, sizeof(token));
	free(text);
	free(answer.at);
	return status;
}

int
client_print(const json_t *document)
{
	if (json_dumpf(document, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(12)) != 0)
		return EX_IOERR;
	return putchar('\n') == EOF || fflush(stdout) != 0 ? EX_IOERR : EX_OK;
}
