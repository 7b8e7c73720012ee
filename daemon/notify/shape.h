/*
 * The bodies of webhooks: a notice as its outbox keeps it, in the shape that each kind of receiver
 * wants. What surge, split and the rest mean there stands in core/notice.h; the shapes are those of
 * Alertmanager's API v2, Slack's incoming webhooks and PagerDuty's Events API v2.
 */
#ifndef NOTIFY_SHAPE_H
#define NOTIFY_SHAPE_H

#include "daemon/core/notice.h"

struct shape {
	const char *payload; /* JSON */
	const char
		*since; /* RFC 3339: when the alert that this ends began; "" or NULL: not known */
};

/*
 * The body for `count` notices; more than one only for Alertmanager. `key` is PagerDuty's routing
 * key. The caller frees it; NULL when a payload is no notice, or without memory.
 */
char *shape_make(enum notice_format format, const struct shape *list, unsigned count,
		 const char *key);

#endif
