#include "web/http.h"

#include "daemon/base/text.h"
#include "daemon/base/when.h"
#include "daemon/sys/clock.h"
#include "daemon/sys/log.h"
#include "web/problem.h"
#include "web/routes.h"
#include "web/stream.h"

#include <stdlib.h>

struct http_exchange {
	char *target;
	bool seen; /* the head has been looked at */
	bool streams;
	char *body;
	size_t length;
	struct request request;
	struct vet_head head;
};

void *
http_begin(void *cls, const char *target, struct MHD_Connection *connection)
{
	struct http_exchange *exchange = calloc(1, sizeof(*exchange));

	(void)cls, (void)connection;
	if (!exchange)
		return NULL;
	exchange->target = strdup(target);
	if (exchange->target)
		return exchange;
	free(exchange);
	return NULL;
}

bool
http_streams(const void *context)
{
	const struct http_exchange *exchange = context;

	return exchange && exchange->streams;
}

void
http_end(void *context)
{
	struct http_exchange *exchange = context;

	if (!exchange)
		return;
	free(exchange->target);
	free(exchange->body);
	free(exchange);
}

static enum MHD_Result
take_field(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_length,
	   const char *value, size_t value_length)
{
	struct vet_head *head = cls;

	(void)kind;
	if (head->count < VET_FIELDS)
		head->field[head->count] =
			(struct vet_field){ { name, name_length },
					    { value ? value : "", value ? value_length : 0 } };
	head->count++;
	return MHD_YES;
}

#define DATA_POLICY "default-src 'none'; frame-ancestors 'none'"
#define PAGE_POLICY                                                                                \
	"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "            \
	"img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

static bool
add_headers(struct MHD_Response *response, const struct reply *reply, bool last)
{
	static const char *const always[][2] = {
		{ "Cache-Control", "no-store" },
		{ "X-Content-Type-Options", "nosniff" },
		{ "X-Frame-Options", "DENY" },
		{ "Referrer-Policy", "no-referrer" },
		{ "Cross-Origin-Resource-Policy", "same-origin" },
	};
	char seconds[16];
	struct text text = TEXT(seconds);
	bool preflight = reply->origin && reply->status == 204;
	const struct {
		bool wanted;
		const char *name, *value;
	} some[] = {
		{ reply->type, "Content-Type", reply->type },
		{ true, "Content-Security-Policy", reply->page ? PAGE_POLICY : DATA_POLICY },
		{ reply->etag[0], "ETag", reply->etag },
		{ reply->allow[0], "Allow", reply->allow },
		{ reply->challenge, "WWW-Authenticate", "Bearer realm=\"mxsplit\"" },
		{ reply->retry_after, "Retry-After", seconds },
		{ last, "Connection", "close" },
		{ reply->origin, "Access-Control-Allow-Origin", reply->origin },
		{ reply->origin, "Access-Control-Expose-Headers", "ETag, Retry-After" },
		{ reply->origin, "Vary", "Origin" },
		{ preflight, "Access-Control-Allow-Methods", reply->allow },
		{ preflight, "Access-Control-Allow-Headers",
		  "Authorization, Content-Type, If-Match, Last-Event-ID" },
		{ preflight, "Access-Control-Max-Age", "600" },
	};
	bool good = true;

	text_add(&text, "%u", reply->retry_after);
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		good = MHD_add_response_header(response, always[i][0], always[i][1]) && good;
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
		if (some[i].wanted)
			good = MHD_add_response_header(response, some[i].name, some[i].value) &&
			       good;
	return good;
}

/* Sends the reply; its body goes with it. `last`: the connection ends after it. */
static enum MHD_Result
send_reply(struct MHD_Connection *connection, struct reply *reply, bool last)
{
	enum MHD_Result result = MHD_NO;
	struct MHD_Response *response =
		reply->stream
			? stream_response(reply->stream, connection)
			: MHD_create_response_from_buffer(reply->length, reply->body,
							  reply->body ? MHD_RESPMEM_MUST_FREE
								      : MHD_RESPMEM_PERSISTENT);

	if (!response) {
		free(reply->body);
		return MHD_NO;
	}
	if (add_headers(response, reply, last))
		result = MHD_queue_response(connection, reply->status, response);
	MHD_destroy_response(response);
	return result;
}

static const struct peer *
peer_of(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
		->socket_context;
}

/* The first call: only the head is there. A refusal here ends the connection, since what follows
 * on it cannot be told apart any more. */
static enum MHD_Result
look_at_head(const struct http_rules *rules, struct MHD_Connection *connection, const char *method,
	     const char *version, struct http_exchange *exchange)
{
	struct reply reply = { 0 };

	exchange->seen = true;
	exchange->head.method = span_of(method);
	exchange->head.target = span_of(exchange->target);
	exchange->head.version = span_of(version);
	MHD_get_connection_values_n(connection, MHD_HEADER_KIND, take_field, &exchange->head);
	exchange->request.peer = peer_of(connection);
	if (vet_check(&exchange->head, &rules->vet, &exchange->request, &reply))
		return MHD_YES;
	return send_reply(connection, &reply, true);
}

static enum MHD_Result
take_body(struct http_exchange *exchange, const char *upload, size_t *upload_size, size_t most)
{
	if (*upload_size > most - exchange->length)
		return MHD_NO;
	if (!exchange->body)
		exchange->body = malloc(most);
	if (!exchange->body)
		return MHD_NO;
	memcpy(exchange->body + exchange->length, upload, *upload_size);
	exchange->length += *upload_size;
	*upload_size = 0;
	return MHD_YES;
}

/* Refusals for want of a right, and changes that were made, with who it was. */
static void
tell_log(const struct request *request, const struct reply *reply, const struct routes_note *note)
{
	char line[VET_TARGET + 256];
	struct text text = TEXT(line);
	bool reads = span_equal(request->method, SPAN("GET")) ||
		     span_equal(request->method, SPAN("HEAD"));

	if (!note->refused && (reads || note->quiet || reply->status != 200))
		return;
	text_add_span(&text, request->method);
	text_add(&text, " ");
	text_add_span(&text, request->path);
	text_add(&text, " from %s", request->peer->name);
	if (note->who)
		text_add(&text, ", token '%s'", note->who->name);
	text_add(&text, ": %u", reply->status);
	log_event(note->refused ? LOG_LEVEL_WARNING : LOG_LEVEL_NOTICE,
		  note->refused ? "refused" : "changed", "", line);
}

static enum MHD_Result
answer(const struct http_rules *rules, struct MHD_Connection *connection,
       struct http_exchange *exchange)
{
	struct reply reply = { 0 };
	struct request *request = &exchange->request;
	struct routes_note note;

	request->now = clock_now_us() / WHEN_SECOND_US;
	request->body = (struct span){ exchange->body ? exchange->body : "", exchange->length };
	routes_answer(rules->site, request, &reply, &note);
	tell_log(request, &reply, &note);
	exchange->streams = reply.stream != NULL;
	return send_reply(connection, &reply, false);
}

enum MHD_Result
http_handle(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
	    const char *version, const char *upload, size_t *upload_size, void **context)
{
	const struct http_rules *rules = cls;
	struct http_exchange *exchange = *context;

	(void)url; /* decoded: not used */
	if (!exchange)
		return MHD_NO;
	if (!exchange->seen)
		return look_at_head(rules, connection, method, version, exchange);
	if (*upload_size)
		return take_body(exchange, upload, upload_size, rules->vet.body_most);
	return answer(rules, connection, exchange);
}
