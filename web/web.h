/*
 * The HTTP JSON API (web/openapi.yaml) on loopback TCP and unix sockets: libmicrohttpd under the
 * caller's libuv loop, on its thread. It sees a snapshot and the journal, and hands back an
 * override, nothing else: it could become a process of its own that holds no key.
 *
 * Reading is open on unix sockets and loopback; on other addresses it wants a token. A change wants
 * a token with the role `operate`, or a peer on the unix socket with our own uid or root's.
 */
#ifndef WEB_WEB_H
#define WEB_WEB_H

#include "daemon/base/err.h"
#include "daemon/core/journal.h"
#include "daemon/core/notice.h"
#include "daemon/core/series.h"
#include "daemon/core/snapshot.h"
#include "web/push.h"

#include <uv.h>

#define WEB_LISTENS 16
#define WEB_CONNECTIONS 128   /* to one listening socket; the oldest is cut when more come */
#define WEB_DEADLINE_MS 10000 /* for one request, from the connection or the last answer on */
#define WEB_BODY 16384	      /* bytes of a request's body */
#define WEB_HOSTS 16

struct web_deps {
	void *ctx;
	/* The last whole snapshot; it stays as it is until the next turn of the loop. */
	const struct snapshot *(*snapshot)(void *ctx);
	/* At most `limit` entries with an id above `after`, oldest first. */
	bool (*events)(void *ctx, int64_t after, unsigned limit, struct journal_entry *out,
		       unsigned *count_out, struct err *err);
	/* The newest id, 0 when there is none. */
	bool (*last_event)(void *ctx, int64_t *id_out, struct err *err);
	/* Fills the steps of a series that series_init made. */
	bool (*series)(void *ctx, const char *domain, struct series *series, struct err *err);
	/*
	 * Takes an order; ORDER_AUTO removes the one that is there. `domain` is a name of the
	 * snapshot. REFUSED becomes 409, INPUT 422, BUSY and SYSTEM 503.
	 */
	bool (*override)(void *ctx, const char *domain, const struct override *order,
			 struct err *err);
	/* Takes samples that were pushed, all or (INPUT, 422) none; an answer to each. */
	bool (*push)(void *ctx, const struct push *list, unsigned count, struct push_answer *out,
		     struct err *err);
	/* The hook with this index in the configuration; not found: there are no more. */
	bool (*hook)(void *ctx, unsigned index, struct notice_hook *out, bool *found_out,
		     struct err *err);
	/* The dead letters of a hook wait again. `hook` is a name that is configured. */
	bool (*resend)(void *ctx, const char *hook, const char *by, unsigned *count_out,
		       struct err *err);
	/* A test notice for a hook; the item by which its end is seen. */
	bool (*test)(void *ctx, const char *hook, const char *by, int64_t *item_out,
		     struct err *err);
};

struct web_listen {
	bool unix_socket, tls;
	unsigned mode;	/* of the unix socket's file; 0: 0660 */
	char text[256]; /* path, or "127.0.0.1:8053", "[::1]:0" */
};

/* What a reload may change. */
struct web_access {
	const char *tokens_path; /* NULL or no such file: changes only over the unix socket */
	const char *certificate_path, *key_path; /* of those with `tls`; NULL: there are none */
	const char *const *origins; /* of pages that may ask from a browser: rights.h */
	unsigned origin_count;
};

struct web_options {
	uv_loop_t *loop;
	const struct web_listen *listen;
	unsigned listens;
	struct web_access access;
	const char *const *hosts; /* names under which TCP may be asked, beside localhost, 127.0.0.1
				     and [::1] (DNS rebinding) */
	unsigned host_count;
	unsigned deadline_ms; /* 0: WEB_DEADLINE_MS */
	unsigned connections; /* to one listening socket, at most WEB_CONNECTIONS; 0: so many */
};

struct web;

/* Listens. Copies the options and deps; NULL with a sentence on failure, nothing left open. */
struct web *web_start(const struct web_options *options, const struct web_deps *deps,
		      struct err *err);

/* Ends every connection and stops listening. The memory goes when the loop has run once more. NULL
 * is allowed. */
void web_stop(struct web *web);

/* Reads the token file and the pair of TLS, or others, again, and takes these origins; on failure
 * all stays. Streams end: whoever listens shows a token again; when the pair is another one,
 * connections by TLS do. */
MUST_USE bool web_reload(struct web *web, const struct web_access *access, struct err *err);

/* The end of a tick: streams tell what is new. */
void web_tell(struct web *web);

/* The port of the listen with this index, 0 for a unix socket. */
unsigned web_port(const struct web *web, unsigned listen);

#endif
