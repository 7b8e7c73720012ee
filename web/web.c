#include "web/web.h"

#include "web/serve.h"

#include <stdlib.h>

struct web {
	struct site site;
	char hosts[WEB_HOSTS][LISTEN_HOST * 4];
	const char *host_list[WEB_HOSTS];
	unsigned host_count;
	struct serve *serve[WEB_LISTENS];
	unsigned count;
	unsigned stopping; /* serves that are not gone yet */
	unsigned deadline_ms;
};

static bool
take_options(struct web *web, const struct web_options *options, const struct web_deps *deps,
	     struct err *err)
{
	web->site.deps = *deps;
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

static bool
start_one(struct web *web, const struct web_options *options, const struct web_listen *listen,
	  struct err *err)
{
	struct serve_options serve = {
		.loop = options->loop,
		.deadline_ms = web->deadline_ms,
		.rules = { .site = &web->site,
			   .vet = { .any_host = listen->unix_socket,
				    .hosts = web->host_list,
				    .host_count = web->host_count,
				    .body_most = WEB_BODY } },
	};

	if (!listen_open(listen, &serve.listen, err))
		return false;
	web->serve[web->count] = serve_start(&serve, err);
	return web->serve[web->count++] != NULL || err_while(err, "listen on %s", listen->text);
}

static void
free_web(struct web *web)
{
	site_free(&web->site);
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
	if (!take_options(web, options, deps, err) || !web_reload(web, options->tokens_path, err)) {
		free_web(web);
		return NULL;
	}
	for (unsigned i = 0; i < options->listens; i++)
		if (!start_one(web, options, &options->listen[i], err)) {
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

bool
web_reload(struct web *web, const char *tokens_path, struct err *err)
{
	if (!tokens_read(tokens_path ? tokens_path : "", &web->site.rights.tokens, err))
		return false;
	stream_end_all(&web->site);
	wake_all(web);
	return true;
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
