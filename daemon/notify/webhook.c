#include "daemon/notify/webhook.h"

#include "daemon/notify/seal.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define HEADER 1024

struct post {
	const struct webhook_wish *wish;
	struct webhook_result *result;
	char secret[SEAL_SECRET];
	char *body;
	struct curl_slist *headers;
	char error[CURL_ERROR_SIZE];
	char raw[WEBHOOK_OUTPUT];
	size_t kept, read;
	bool headed; /* the answer's head has come whole */
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
begin(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

static bool
enough(struct post *post, size_t more)
{
	post->read += more;
	return post->read > WEBHOOK_MOST;
}

static size_t
head(char *bytes, size_t size, size_t count, void *ctx)
{
	struct post *post = ctx;
	size_t length = size * count;

	post->headed = length <= 2; /* the blank line; a final head may follow an interim one */
	(void)bytes;
	return enough(post, length) ? 0 : length;
}

static size_t
hear(char *bytes, size_t size, size_t count, void *ctx)
{
	struct post *post = ctx;
	size_t length = size * count, room = sizeof(post->raw) - post->kept;

	memcpy(post->raw + post->kept, bytes, length < room ? length : room);
	post->kept += length < room ? length : room;
	return enough(post, length) ? 0 : length;
}

static int
look_up(void *ctx, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	const struct webhook_wish *wish = ctx;

	(void)a, (void)b, (void)c, (void)d;
	return wish->give_up && atomic_load(wish->give_up);
}

static bool
add_header(struct post *post, const char *name, const char *value)
{
	char line[HEADER];
	struct text text = TEXT(line);
	struct curl_slist *list;

	text_add(&text, "%s: %s", name, value);
	list = curl_slist_append(post->headers, line);
	if (list)
		post->headers = list;
	explicit_bzero(line, sizeof(line));
	return list != NULL;
}

/* Standard Webhooks: id and time always, the signature where there is a key. */
static bool
sign(struct post *post, struct err *err)
{
	const struct webhook_wish *wish = post->wish;
	char time[32], signature[SEAL_SIGNATURE];
	struct text text = TEXT(time);

	text_add(&text, "%lld", (long long)wish->timestamp);
	if (!add_header(post, "webhook-id", wish->id) ||
	    !add_header(post, "webhook-timestamp", time))
		return err_set(err, ERR_SYSTEM, "out of memory");
	if (!post->secret[0])
		return true;
	return seal_sign(post->secret, wish->id, wish->timestamp, post->body, signature, err) &&
	       (add_header(post, "webhook-signature", signature) ||
		err_set(err, ERR_SYSTEM, "out of memory"));
}

static bool
prepare(struct post *post, struct err *err)
{
	const struct webhook_wish *wish = post->wish;
	char bearer[SEAL_SECRET + 16];
	struct text text = TEXT(bearer);
	bool ok = true;

	if (*wish->secret_file && !seal_read(wish->secret_file, post->secret, err))
		return false;
	post->body = shape_make(wish->format, wish->list, wish->count, post->secret);
	if (!post->body)
		return err_set(err, ERR_SYSTEM, "the notice cannot be written");
	if (!add_header(post, "Content-Type", "application/json"))
		return err_set(err, ERR_SYSTEM, "out of memory");
	if (wish->format == NOTICE_JSON)
		return sign(post, err);
	if (wish->format != NOTICE_PAGERDUTY && post->secret[0]) {
		text_add(&text, "Bearer %s", post->secret);
		ok = add_header(post, "Authorization", bearer) ||
		     err_set(err, ERR_SYSTEM, "out of memory");
		explicit_bzero(bearer, sizeof(bearer));
	}
	return ok;
}

static void
set_up(CURL *curl, struct post *post)
{
	const struct webhook_wish *wish = post->wish;

	curl_easy_setopt(curl, CURLOPT_URL, wish->url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)wish->timeout_ms);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)wish->timeout_ms);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "mxsplitd/" MXSPLIT_VERSION);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, post->body);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, post->headers);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, head);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, post);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, hear);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, post);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_up);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, (void *)wish);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, post->error);
	if (*wish->ca_file)
		curl_easy_setopt(curl, CURLOPT_CAINFO, wish->ca_file);
}

/* What the receiver said, behind its status. */
static void
add_said(const struct post *post, struct text *text)
{
	size_t length = 0;

	while (length < post->kept && length < 120 && post->raw[length] != '\r' &&
	       post->raw[length] != '\n')
		length++;
	if (length)
		text_add(text, ": ");
	text_add_scrubbed(text, (struct span){ post->raw, length });
}

/* Once the status is known it holds, whatever becomes of the rest. */
static void
judge(CURLcode code, const struct post *post)
{
	struct webhook_result *result = post->result;
	struct text text = TEXT(result->why);

	result->answer = notice_answer(result->status);
	if (result->answer == NOTICE_TOLD)
		return;
	if (result->status >= 200) {
		text_add(&text, "it answered %ld", result->status);
		if (result->status < 400)
			text_add(&text, ", and redirects are not followed");
		add_said(post, &text);
		return;
	}
	result->answer = NOTICE_LATER;
	result->given_up = code == CURLE_ABORTED_BY_CALLBACK;
	if (code == CURLE_OPERATION_TIMEDOUT)
		text_add(&text, "no answer in %lld s", (long long)post->wish->timeout_ms / 1000);
	else if (post->read > WEBHOOK_MOST)
		text_add(&text, "its answer has no end");
	else
		text_add(&text, "%s", post->error[0] ? post->error : curl_easy_strerror(code));
}

static void
perform(struct post *post)
{
	struct webhook_result *result = post->result;
	CURL *curl = curl_easy_init();
	curl_off_t again = 0;
	CURLcode code = CURLE_OUT_OF_MEMORY;

	if (curl) {
		set_up(curl, post);
		code = curl_easy_perform(curl);
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &result->status);
		curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &again);
		result->status = post->headed ? result->status : 0;
	}
	result->retry_after = again > WEBHOOK_AGAIN ? WEBHOOK_AGAIN : (int64_t)again;
	judge(code, post);
	if (result->given_up) /* a name that is still looked up is not waited for */
		curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_cleanup(curl);
}

void
webhook_send(const struct webhook_wish *wish, struct webhook_result *out)
{
	struct post post = { .wish = wish, .result = out };
	struct text why = TEXT(out->why);
	struct err err = { 0 };

	*out = (struct webhook_result){ .answer = NOTICE_LATER };
	pthread_once(&once, begin);
	if (prepare(&post, &err))
		perform(&post);
	else
		text_add(&why, "%s", err.text);
	curl_slist_free_all(post.headers);
	free(post.body);
	explicit_bzero(post.secret, sizeof(post.secret));
}
