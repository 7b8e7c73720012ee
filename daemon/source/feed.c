#include "daemon/source/feed.h"

#include "daemon/source/datagrams.h"
#include "daemon/source/files.h"
#include "daemon/source/journald.h"
#include "daemon/source/pipe.h"
#include "daemon/source/streams.h"

struct feed *
feed_open(const struct config_source *config, uv_loop_t *loop, struct span cursor, struct err *err)
{
	switch (config->way) {
	case CONFIG_WAY_FOLLOW:
		return files_open(config, cursor, err);
	case CONFIG_WAY_SYSLOG_UDP:
	case CONFIG_WAY_SYSLOG_UNIX:
		return datagrams_open(config, loop, err);
	case CONFIG_WAY_SYSLOG_TCP:
		return streams_open(config, loop, err);
	case CONFIG_WAY_JOURNAL:
		return journald_open(config, cursor, err);
	case CONFIG_WAY_STDIN:
		return pipe_open(config, loop, err);
	case CONFIG_WAYS:
		break;
	}
	err_set(err, ERR_BUG, "it has no way in");
	return NULL;
}

void
feed_free(struct feed *feed)
{
	if (feed)
		feed->ops->free(feed);
}

size_t
feed_cursor(const struct feed *feed, char out[FEED_CURSOR])
{
	return feed->ops->cursor ? feed->ops->cursor(feed, out) : 0;
}

bool
feed_same(const struct feed *feed, const struct config_source *was, const struct config_source *is)
{
	return feed->ops->lives && was->way == is->way && was->max_line == is->max_line &&
	       strcmp(was->syslog_udp, is->syslog_udp) == 0 &&
	       strcmp(was->syslog_tcp, is->syslog_tcp) == 0 &&
	       strcmp(was->syslog_unix, is->syslog_unix) == 0;
}

void
feed_where(const struct config_source *config, struct text *text)
{
	switch (config->way) {
	case CONFIG_WAY_FOLLOW:
		text_add(text, "%s", config->path);
		break;
	case CONFIG_WAY_SYSLOG_UDP:
		text_add(text, "syslog-udp %s", config->syslog_udp);
		break;
	case CONFIG_WAY_SYSLOG_TCP:
		text_add(text, "syslog-tcp %s", config->syslog_tcp);
		break;
	case CONFIG_WAY_SYSLOG_UNIX:
		text_add(text, "syslog-unix %s", config->syslog_unix);
		break;
	case CONFIG_WAY_JOURNAL:
		text_add(text, strcmp(config->journal, "yes") == 0 ? "journal" : "journal %s",
			 config->journal);
		break;
	case CONFIG_WAY_STDIN:
		text_add(text, "stdin");
		break;
	case CONFIG_WAYS:
		break;
	}
}
