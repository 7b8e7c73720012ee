#include "daemon/authority.h"

bool
authority_open(const struct config_server *server, struct zone_options *options,
	       struct tsig_key *key, struct zone **zone_out, struct err *err)
{
	struct zone_server check[CONFIG_CHECKS];
	struct zone *zone;

	options->zone = server->zone;
	options->key = key;
	options->check = check;
	options->checks = server->check_count;
	options->tcp = server->tcp;
	options->timeout_ms = server->timeout * 1000;
	options->prove_ms = server->prove * 1000;
	if (!key_read(server->key_file, key, err) ||
	    !zone_address(span_of(server->address), &options->primary, err))
		return false;
	span_copy(span_of(server->name), options->primary.name, sizeof(options->primary.name));
	for (unsigned i = 0; i < server->check_count; i++)
		if (!zone_address(span_of(server->check[i]), &check[i], err))
			return false;
	zone = zone_new(options, err);
	if (zone)
		*zone_out = zone;
	return zone != NULL;
}
