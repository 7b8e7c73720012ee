#include "daemon/probe/smtp.h"

#include "daemon/base/text.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define URL 512
#define LINE 160	/* bytes of a reply that people are shown */
#define NAP_US 20000	/* between two looks for the bytes of a reply */
#define QUIT_MS 2000	/* how long its good-bye may take */
#define REPLY_MOST 4096 /* bytes; RFC 5321 4.5.3.1.5 allows 512 a line */

struct talk {
	const struct smtp_wish *wish;
	struct smtp_result *result;
	char last[LINE];  /* line of a reply that was heard, scrubbed */
	char first[LINE]; /* the greeting */
	unsigned ready;	  /* 220s: the greeting, and a STARTTLS that was taken */
};

/* A line as people may see it: one line, printable. */
static void
show(const char *bytes, size_t length, char *out)
{
	size_t room = LINE - 1, n = 0;

	while (n < length && n < room && bytes[n] != '\r' && bytes[n] != '\n') {
		out[n] = bytes[n] >= ' ' && bytes[n] <= '~' ? bytes[n] : '?';
		n++;
	}
	out[n] = '\0';
}

/* libcurl hands over each line of a reply. */
static size_t
hear(char *bytes, size_t size, size_t count, void *ctx)
{
	struct talk *talk = ctx;
	size_t length = size * count;

	show(bytes, length, talk->last);
	if (!talk->first[0])
		memcpy(talk->first, talk->last, sizeof(talk->first));
	if (length >= 12 && strncasecmp(bytes, "250", 3) == 0 &&
	    strncasecmp(bytes + 4, "STARTTLS", 8) == 0)
		talk->result->starttls = true;
	talk->ready += length > 3 && memcmp(bytes, "220 ", 4) == 0;
	return bytes[0] >= '2' && bytes[0] <= '5' ? length : 0; /* else this is no SMTP */
}

static int
look_up(void *ctx, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	const struct smtp_wish *wish = ctx;

	(void)a, (void)b, (void)c, (void)d;
	return wish->give_up && atomic_load(wish->give_up);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
begin(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* The name without the final dot: libcurl would verify certificates with it. */
static int
host_length(const struct smtp_wish *wish)
{
	size_t length = strlen(wish->host);

	return (int)(length && wish->host[length - 1] == '.' ? length - 1 : length);
}

/* "HOST:PORT:ADDRESS": libcurl connects there, and knows the exchanger by its name. */
static struct curl_slist *
place(const struct smtp_wish *wish, CURL *curl)
{
	const char *colon = strrchr(wish->address, ':');
	struct curl_slist *list = NULL;
	char line[URL];
	struct text text = TEXT(line);

	if (!colon)
		return NULL;
	text_add(&text, "%.*s:%s:%.*s", host_length(wish), wish->host, colon + 1,
		 (int)(colon - wish->address), wish->address);
	list = curl_slist_append(NULL, line);
	curl_easy_setopt(curl, CURLOPT_RESOLVE, list);
	return list;
}

static void
set_up(CURL *curl, struct talk *talk)
{
	const struct smtp_wish *wish = talk->wish;
	const char *colon = strrchr(wish->address, ':');
	char url[URL], self[256] = "";
	struct text text = TEXT(url);

	if (gethostname(self, sizeof(self) - 1) != 0 || !self[0] || strpbrk(self, "/?#% "))
		memcpy(self, "localhost", sizeof("localhost"));
	text_add(&text, "smtp://%.*s:%s/%s", host_length(wish), wish->host,
		 colon ? colon + 1 : "25", self);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp");
	curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)wish->timeout_ms);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)wish->timeout_ms);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, hear);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, talk);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_up);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, (void *)wish);
}

static void
judge(CURLcode code, struct talk *talk, const char *error)
{
	struct smtp_result *result = talk->result;
	struct text text = TEXT(result->sentence);
	const char *why = error[0] ? error : curl_easy_strerror(code);

	result->verdict = code == CURLE_OK ? SMTP_ANSWERS : SMTP_FAILS;
	if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_ABORTED_BY_CALLBACK ||
	    talk->last[0] == '4')
		result->verdict = SMTP_UNKNOWN;
	if (code == CURLE_OK)
		text_add(&text, "answers (%s)", talk->first);
	else if (code == CURLE_COULDNT_RESOLVE_HOST)
		text_add(&text, "its name has no address here");
	else if (code == CURLE_ABORTED_BY_CALLBACK)
		text_add(&text, "given up");
	else if (code == CURLE_OPERATION_TIMEDOUT)
		text_add(&text, "%s in %lld s", talk->first[0] ? "no more answer" : "no greeting",
			 (long long)(talk->wish->timeout_ms / 1000));
	else if (talk->last[0])
		text_add(&text, "said %s", talk->last);
	else
		text_add(&text, "%.300s", why);
}

/* One command and its reply's code, 0: none came. */
static int
ask(CURL *curl, struct talk *talk, const char *command, int64_t *left_ms)
{
	char reply[REPLY_MOST];
	size_t length = 0, n = 0, last = 0;

	if (curl_easy_send(curl, command, strlen(command), &n) != CURLE_OK || n != strlen(command))
		return 0;
	while (*left_ms > 0 && length < sizeof(reply) && !look_up((void *)talk->wish, 0, 0, 0, 0)) {
		CURLcode code = curl_easy_recv(curl, reply + length, sizeof(reply) - length, &n);

		if (code == CURLE_AGAIN) {
			usleep(NAP_US);
			*left_ms -= NAP_US / 1000;
			continue;
		}
		if (code != CURLE_OK || n == 0)
			return 0;
		length += n;
		if (reply[length - 1] != '\n')
			continue;
		for (last = length - 1; last > 0 && reply[last - 1] != '\n'; last--)
			continue;
		if (length - last < 4 || reply[last + 3] == '-')
			continue;
		show(reply + last, length - last, talk->last);
		return (int)strtol(talk->last, NULL, 10);
	}
	return 0;
}

static void
ask_recipient(CURL *curl, struct talk *talk)
{
	int64_t left_ms = talk->wish->timeout_ms;
	char command[URL];
	struct text text = TEXT(command);
	struct text sentence = TEXT(talk->result->rcpt_sentence);

	text_add(&text, "RCPT TO:<%.400s>\r\n", talk->wish->rcpt);
	if (ask(curl, talk, "MAIL FROM:<>\r\n", &left_ms) / 100 == 2) {
		talk->result->rcpt_code = ask(curl, talk, command, &left_ms);
		text_add(&sentence, "RCPT TO:<%.120s>: %s", talk->wish->rcpt,
			 talk->result->rcpt_code ? talk->last : "no reply");
		ask(curl, talk, "RSET\r\n", &left_ms);
	} else {
		text_add(&sentence, "MAIL FROM:<>: %s", talk->last);
	}
}

/* With TLS: first as a sender that verifies, then as one that does not. */
static CURLcode
connect_it(CURL *curl, struct talk *talk, char *error)
{
	CURLcode code = CURLE_OK;

	if (talk->wish->tls) {
		curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)CURLUSESSL_TRY);
		code = curl_easy_perform(curl);
		talk->result->tls = code == CURLE_OK && talk->ready > 1;
		talk->result->tls_verified = talk->result->tls;
		if (code != CURLE_PEER_FAILED_VERIFICATION)
			return code;
		curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
		error[0] = '\0';
		talk->ready = 0;
		code = curl_easy_perform(curl);
		talk->result->tls = code == CURLE_OK && talk->ready > 1;
		return code;
	}
	return curl_easy_perform(curl);
}

void
smtp_probe(const struct smtp_wish *wish, struct smtp_result *out)
{
	struct talk talk = { .wish = wish, .result = out };
	char error[CURL_ERROR_SIZE] = "";
	struct curl_slist *list = NULL;
	int64_t quit_ms = QUIT_MS;
	CURL *curl;
	CURLcode code;

	*out = (struct smtp_result){ .verdict = SMTP_UNKNOWN };
	pthread_once(&once, begin);
	curl = curl_easy_init();
	if (!curl) {
		struct text text = TEXT(out->sentence);

		text_add(&text, "out of memory");
		return;
	}
	set_up(curl, &talk);
	list = place(wish, curl);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
	code = connect_it(curl, &talk, error);
	judge(code, &talk, error);
	if (code == CURLE_OK && wish->rcpt)
		ask_recipient(curl, &talk);
	if (code == CURLE_OK)
		ask(curl, &talk, "QUIT\r\n", &quit_ms);
	curl_easy_cleanup(curl);
	curl_slist_free_all(list);
}
