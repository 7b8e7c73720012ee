/*
 * Addresses of webhooks. Their path may be a secret (chat services give such): people are shown
 * where it goes, not the path.
 */
#ifndef CONF_CONFIG_URL_H
#define CONF_CONFIG_URL_H

#include "daemon/base/text.h"

/* http or https, a host, no user, printable ASCII. */
bool config_url_ok(struct span url);

/* It begins with http: and does not go to this machine. */
bool config_url_open(const char *url);

/* "https://chat.example.jp/..." */
void config_url_show(const char *url, struct text *text);

#endif
