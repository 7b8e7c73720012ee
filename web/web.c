#include "web/web.h"

#include "web/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

struct web {
	struct pair *pair; /* NULL: no TLS */
	uv_loop_t *loop;
	struct site site;
	char hosts[WEB_HOSTS][LISTEN_HOST * 4];
	const char *host_list[WEB_HOSTS];
	unsigned host_count;
	struct serve *serve[WEB_LISTENS];
	unsigned count;
	unsigned stopping; /* serves that are not gone yet */
	unsigned deadline_ms;
	unsigned connections;
};

static bool
take_options(struct web *web, const struct web_options *options, const struct web_deps *deps,
	     struct err *err)
{
	web->site.deps = *deps;
	web->loop = options->loop;
	web->connections = options->connections ? options->connections : WEB_CONNECTIONS;
	web->deadline_ms = options->deadline_ms ? options->deadline_ms : WEB_DEADLINE_MS;
	if (options->listens > WEB_LISTENS || options->host_count > WEB_HOSTS)
		return err_set(err, ERR_INPUT,
			       "at most %d addresses to listen on and %d host names", WEB_LISTENS,
			       WEB_HOSTS);
	for (unsigned i = 0; i < options->host_count; i++) {
		if (!span_copy(span_of(options->hosts[i]), web->hosts[i], sizeof(web->hosts[i])))
			return err_set(err, ERR_INPUT, "the host name '%s' is too long",
				       options->hosts[i]);
		web->host_list[i] = web->hosts[i];
	}
	web->host_count = options->host_count;
	return true;
}

static struct serve *
serve_on(struct web *web, const struct listen *listen, const struct pair *pair, struct err *err)
{
	struct serve_options serve = {
		.loop = web->loop,
		.listen = *listen,
		.pair = listen->tls ? pair : NULL,
		.deadline_ms = web->deadline_ms,
		.connections = web->connections,
		.rules = { .site = &web->site,
			   .vet = { .any_host = listen->local,
				    .hosts = web->host_list,
				    .host_count = web->host_count,
				    .body_most = WEB_BODY } },
	};

	return serve_start(&serve, err);
}

static bool
start_one(struct web *web, const struct web_listen *wanted, struct err *err)
{
	struct listen listen;

	if (!listen_open(wanted, &listen, err))
		return false;
	web->serve[web->count] = serve_on(web, &listen, web->pair, err);
	return web->serve[web->count++] != NULL || err_while(err, "listen on %s", wanted->text);
}

static void
free_web(struct web *web)
{
	site_free(&web->site);
	pair_free(web->pair);
	free(web);
}

static void
on_gone(void *ctx)
{
	struct web *web = ctx;

	if (--web->stopping == 0)
		free_web(web);
}

void
web_stop(struct web *web)
{
	if (!web)
		return;
	stream_end_all(&web->site);
	for (unsigned i = 0; i < web->count; i++)
		web->stopping += web->serve[i] != NULL;
	if (!web->stopping)
		free_web(web);
	else
		for (unsigned i = 0; i < web->count; i++)
			if (web->serve[i])
				serve_stop(web->serve[i], on_gone, web);
}

struct web *
web_start(const struct web_options *options, const struct web_deps *deps, struct err *err)
{
	struct web *web = calloc(1, sizeof(*web));

	if (!web) {
		err_set(err, ERR_SYSTEM, "out of memory");
		return NULL;
	}
	if (!take_options(web, options, deps, err) || !web_reload(web, &options->access, err)) {
		free_web(web);
		return NULL;
	}
	for (unsigned i = 0; i < options->listens; i++)
		if (!start_one(web, &options->listen[i], err)) {
			web_stop(web);
			return NULL;
		}
	return web;
}

static void
wake_all(struct web *web)
{
	for (unsigned i = 0; i < web->count; i++)
		if (web->serve[i])
			serve_wake(web->serve[i]);
}

/* Listens with this pair, on the sockets that are there, and no longer with the old one. */
static bool
renew(struct web *web, const struct pair *pair, struct err *err)
{
	struct serve *new[WEB_LISTENS] = { NULL };
	bool good = true;

	for (unsigned i = 0; i < web->count && good; i++) {
		struct listen listen = *serve_listen(web->serve[i]);

		if (!listen.tls)
			continue;
		listen.fd = fcntl(listen.fd, F_DUPFD_CLOEXEC, 0);
		good = listen.fd >= 0 ? (new[i] = serve_on(web, &listen, pair, err)) != NULL
				      : err_set(err, ERR_SYSTEM, "%s", strerror(errno));
	}
	for (unsigned i = 0; i < web->count; i++) {
		if (!new[i])
			continue;
		serve_stop(good ? web->serve[i] : new[i], NULL, NULL);
		if (good)
			web->serve[i] = new[i];
	}
	return good;
}

static bool
same(const struct pair *a, const struct pair *b)
{
	return a && strcmp(a->certificate, b->certificate) == 0 && strcmp(a->key, b->key) == 0;
}

/* NULL with `err` untouched: there is none. */
static bool
read_pair(const char *certificate_path, const char *key_path, struct pair **out, struct err *err)
{
	struct pair *pair;

	*out = NULL;
	if (!certificate_path || !*certificate_path || !key_path || !*key_path)
		return true;
	pair = calloc(1, sizeof(*pair));
	if (!pair)
		return err_set(err, ERR_SYSTEM, "out of memory");
	if (pair_read(certificate_path, key_path, pair, err)) {
		*out = pair;
		return true;
	}
	pair_free(pair);
	return false;
}

static bool
take_origins(const struct web_access *access, struct rights_origins *out, struct err *err)
{
	for (; out->count < access->origin_count && out->count < RIGHTS_ORIGINS; out->count++)
		if (!span_copy(span_of(access->origins[out->count]), out->origin[out->count],
			       sizeof(out->origin[0])))
			break;
	return out->count == access->origin_count ||
	       err_set(err, ERR_INPUT, "at most %d origins of %d bytes", RIGHTS_ORIGINS,
		       RIGHTS_ORIGIN - 1);
}

bool
web_reload(struct web *web, const struct web_access *access, struct err *err)
{
	struct rights_origins origins = { 0 };
	struct tokens tokens = { 0 };
	struct pair *pair = NULL;

	if (!read_pair(access->certificate_path, access->key_path, &pair, err) ||
	    !tokens_read(access->tokens_path ? access->tokens_path : "", &tokens, err) ||
	    !take_origins(access, &origins, err))
		goto failed;
	stream_end_all(&web->site);
	wake_all(web);
	if (pair && !same(web->pair, pair)) {
		struct pair *old = web->pair;

		if (!renew(web, pair, err))
			goto failed;
		web->pair = pair;
		pair = old;
	}
	pair_free(pair);
	web->site.rights.tokens = tokens;
	web->site.rights.origins = origins;
	return true;
failed:
	pair_free(pair);
	return false;
}

void
web_tell(struct web *web)
{
	if (stream_tell(&web->site, web->deadline_ms))
		wake_all(web);
}

unsigned
web_port(const struct web *web, unsigned listen)
{
	return listen < web->count ? serve_listen(web->serve[listen])->port : 0;
}
