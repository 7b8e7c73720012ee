#include "daemon/conf/config_value_net.h"

#include "daemon/conf/config_net.h"
#include "daemon/conf/config_url.h"
#include "daemon/core/mx.h"

#define DNS_PORT 53

static enum config_value
answer(bool ok)
{
	return ok ? CONFIG_VALUE_OK : CONFIG_VALUE_WRONG;
}

enum config_value
config_value_net_name(const struct config_setting *row, struct span text, void *out)
{
	return answer(config_net_name(text, row->type == CONFIG_TYPE_HOST, out));
}

enum config_value
config_value_net_mail_domain(const struct config_setting *row, struct span text, void *out)
{
	char name[CONFIG_NAME];

	if (!config_net_name(text, false, name))
		return CONFIG_VALUE_WRONG;
	span_copy((struct span){ name, strlen(name) - 1 }, out, row->size);
	return CONFIG_VALUE_OK;
}

enum config_value
config_value_net_address(const struct config_setting *row, struct span text, void *out)
{
	char host[CONFIG_ADDRESS];
	struct text whole = text_over(out, row->size);
	uint16_t port;

	if (!config_net_address(text, row->least ? (uint16_t)row->least : DNS_PORT, host, &port))
		return CONFIG_VALUE_WRONG;
	config_net_print(host, port, &whole);
	return CONFIG_VALUE_OK;
}

enum config_value
config_value_net_own_address(const struct config_setting *row, struct span text, void *out)
{
	char host[CONFIG_ADDRESS], alone[CONFIG_ADDRESS];
	uint16_t port;

	if (!span_copy(text, alone, sizeof(alone)) || memchr(alone, '[', text.len) ||
	    !config_net_address(text, DNS_PORT, host, &port) ||
	    (memchr(host, ':', strlen(host)) == NULL && memchr(alone, ':', text.len)))
		return CONFIG_VALUE_WRONG;
	span_copy(span_of(host), out, row->size);
	return CONFIG_VALUE_OK;
}

enum config_value
config_value_net_listen(const struct config_setting *row, struct span text, void *out)
{
	(void)row;
	return answer(config_net_listen(text, out));
}

enum config_value
config_value_net_origin(const struct config_setting *row, struct span text, void *out)
{
	(void)row;
	return answer(config_net_origin(text, out));
}

/* An exchanger, '=', and an address; kept with the final dot and the port. */
enum config_value
config_value_net_place(const struct config_setting *row, struct span text, void *out)
{
	const char *equals = text.len ? memchr(text.at, '=', text.len) : NULL;
	size_t length = equals ? (size_t)(equals - text.at) : 0;
	struct config_setting address = { .size = CONFIG_ADDRESS, .least = row->least };
	char host[CONFIG_NAME], at[CONFIG_ADDRESS];
	struct text both = text_over(out, row->size);

	if (!equals || !config_net_name((struct span){ text.at, length }, true, host) ||
	    config_value_net_address(&address, span_after(text, length + 1), at) != CONFIG_VALUE_OK)
		return CONFIG_VALUE_WRONG;
	text_add(&both, "%s=%s", host, at);
	return CONFIG_VALUE_OK;
}

/* Kept as mx_print writes it. */
enum config_value
config_value_net_mx(const struct config_setting *row, struct span text, void *out)
{
	struct err unused = { 0 };
	struct mx_set set;
	char printed[CONFIG_MX];
	struct text print = TEXT(printed);

	if (!mx_parse(text, &set, &unused) || set.count == 0)
		return CONFIG_VALUE_WRONG;
	mx_print(&set, &print);
	return answer(!print.cut && span_copy((struct span){ printed, print.len }, out, row->size));
}

enum config_value
config_value_net_url(const struct config_setting *row, struct span text, void *out)
{
	return answer(text.len < row->size && config_url_ok(text) &&
		      span_copy(text, out, row->size));
}
