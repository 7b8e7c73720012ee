/*
 * One domain's zone in an operator's hand: the settings, the zone, and calls that wait for their
 * end. For the command line, without a daemon.
 */
#ifndef HAND_H
#define HAND_H

#include "daemon/conf/config.h"
#include "dnsupdate/key.h"
#include "dnsupdate/zone.h"

#include <uv.h>

struct hand {
	struct config *config;
	const struct config_domain *domain;
	char display[CONFIG_NAME]; /* "example.jp" */
	uv_loop_t loop;
	bool opened, waiting;
	struct tsig_key key;
	struct zone *zone;
	/* of the last change: */
	enum zone_result result;
	char sentence[ZONE_SENTENCE];
	uint32_t serial;
};

/* Reads the settings and opens the zone of `domain`; EX_OK, or a sysexits code, and what is wrong
 * was said on standard error. hand_close in either case. */
int hand_open(struct hand *hand, const char *config_path, const char *domain);
void hand_close(struct hand *hand);

/* Asks every server. What the primary shows, or NULL: it does not answer. */
const struct mx_set *hand_read(struct hand *hand);

/* Replaces `from` by `to` (NULL: proves the key, changes nothing) and waits for the proof. */
enum zone_result hand_change(struct hand *hand, const struct mx_set *from, const struct mx_set *to);

/* A result as an exit code: 0, 75 (try again), 77 (the server says no), 65 (the zone is another).
 */
int hand_exit(enum zone_result result);

#endif
