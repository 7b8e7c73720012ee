/*
 * Between libmicrohttpd and plain values: a connection's bytes become a struct request, a struct
 * reply becomes a response. These are the three callbacks of a daemon; serve.h runs it.
 */
#ifndef WEB_HTTP_H
#define WEB_HTTP_H

#include "web/site.h"
#include "web/vet.h"

#include <microhttpd.h>

struct http_rules {
	struct site *site;
	struct vet_rules vet;
};

/* MHD_OPTION_URI_LOG_CALLBACK: keeps the target as it came, before it is decoded. */
void *http_begin(void *cls, const char *target, struct MHD_Connection *connection);

/* The access handler; `cls` is the struct http_rules. The connection's socket context is its struct
 * peer. */
enum MHD_Result http_handle(void *cls, struct MHD_Connection *connection, const char *url,
			    const char *method, const char *version, const char *upload,
			    size_t *upload_size, void **context);

/* Is its answer a stream, which ends only when the client goes? NULL is allowed. */
bool http_streams(const void *context);

/* Frees what a request had; NULL is allowed. */
void http_end(void *context);

#endif
