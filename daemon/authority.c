#include "daemon/authority.h"

#include "daemon/sys/log.h"

static bool
addresses(const char (*text)[CONFIG_ADDRESS], unsigned count, struct zone_server *out,
	  struct err *err)
{
	for (unsigned i = 0; i < count; i++)
		if (!zone_address(span_of(text[i]), &out[i], err))
			return false;
	return true;
}

/* Both algorithms have no known attack as a MAC; RFC 8945, section 6, wants them gone all the same.
 */
bool
authority_out_of_date(const struct config_server *server, const struct tsig_key *key,
		      struct text *text)
{
	if (key->algorithm != TSIG_MD5 && key->algorithm != TSIG_SHA1)
		return false;
	text_add(text, "the key %s of %s is for %s, which is out of date: use hmac-sha256",
		 key->name, server->name, key_algorithm(key->algorithm));
	return true;
}

static bool
read_key(const struct config_server *server, unsigned index, struct tsig_key *key, struct err *err)
{
	char sentence[512];
	struct text text = TEXT(sentence);

	if (!key_read(server->key_file[index], key, err))
		return false;
	if (authority_out_of_date(server, key, &text))
		log_event(LOG_LEVEL_WARNING, "key", NULL, sentence);
	return true;
}

bool
authority_open(const struct config_server *server, struct zone_options *options,
	       struct tsig_key *key, struct zone **zone_out, struct err *err)
{
	struct zone_server check[CONFIG_CHECKS], address[CONFIG_ADDRESSES], own[CONFIG_BINDS];
	struct tsig_key second = { 0 };
	struct zone *zone = NULL;

	options->zone = server->zone;
	options->key = key;
	options->second_key = server->key_count > 1 ? &second : NULL;
	options->check = check;
	options->checks = server->check_count;
	options->more = address + 1;
	options->mores = server->address_count - 1;
	options->bind = own;
	options->binds = server->bind_count;
	options->tcp = server->tcp;
	options->sign_reads = server->sign_reads;
	options->timeout_ms = server->timeout * 1000;
	options->prove_ms = server->prove * 1000;
	if (!read_key(server, 0, key, err) ||
	    (options->second_key && !read_key(server, 1, &second, err)) ||
	    !addresses(server->address, server->address_count, address, err) ||
	    !addresses(server->bind, server->bind_count, own, err) ||
	    !addresses(server->check, server->check_count, check, err))
		goto out;
	options->primary = address[0];
	span_copy(span_of(server->name), options->primary.name, sizeof(options->primary.name));
	zone = zone_new(options, err);
out:
	key_wipe(&second);
	if (zone)
		*zone_out = zone;
	return zone != NULL;
}
