#include "daemon/core/contacts.h"

#include "daemon/base/scan.h"
#include "daemon/core/siphash.h"

#define LATEST INT64_C(1000000000000) /* seconds; no clock says more */
#define V4 4
#define V6 6
#define V6_GROUPS 8

/* What of an address is its network. */
struct network {
	unsigned char family, prefix[8];
};

_Static_assert(sizeof(struct contacts_head) == 32, "no padding");

/* "192.0.2.1" */
static bool
read_v4(struct span address, unsigned char out[4])
{
	struct scan scan = scan_over(address);

	for (unsigned i = 0; i < 4; i++) {
		if (i)
			scan_text(&scan, SPAN("."));
		out[i] = (unsigned char)scan_number(&scan, 255);
	}
	return scan_done(&scan);
}

static bool
read_group(struct scan *scan, unsigned *out)
{
	unsigned digits = 0;

	for (*out = 0; scan->at < scan->end && digits < 4; scan->at++, digits++) {
		char c = *scan->at, letter = (char)(c | 0x20);

		if (c >= '0' && c <= '9')
			*out = *out * 16 + (unsigned)(c - '0');
		else if (letter >= 'a' && letter <= 'f')
			*out = *out * 16 + (unsigned)(letter - 'a' + 10);
		else
			break;
	}
	return digits > 0;
}

/* RFC 4291, section 2.2, forms 1 and 2; form 3 is for addresses of IPv4. */
static bool
read_v6(struct span address, unsigned groups[V6_GROUPS])
{
	struct scan scan = scan_over(address);
	unsigned count = 0, gap = V6_GROUPS, group;

	memset(groups, 0, sizeof(*groups) * V6_GROUPS);
	if (scan_maybe(&scan, SPAN("::")))
		gap = 0;
	while (scan.at < scan.end && count < V6_GROUPS) {
		if (!read_group(&scan, &group))
			return false;
		groups[count++] = group;
		if (scan.at == scan.end)
			break;
		if (gap == V6_GROUPS && scan_maybe(&scan, SPAN("::")))
			gap = count;
		else
			scan_text(&scan, SPAN(":"));
	}
	if (!scan_done(&scan) || (gap == V6_GROUPS) != (count == V6_GROUPS))
		return false;
	for (unsigned i = count; i > gap && count < V6_GROUPS; i--) {
		groups[V6_GROUPS - (count - i) - 1] = groups[i - 1];
		groups[i - 1] = 0;
	}
	return true;
}

static bool
read_network(struct span address, struct network *out)
{
	static const struct span mapped = { "::ffff:", 7 };
	unsigned groups[V6_GROUPS];
	unsigned char bytes[4];

	*out = (struct network){ .family = V4 };
	if (address.len > mapped.len &&
	    span_equal_nocase((struct span){ address.at, mapped.len }, mapped))
		address = span_after(address, mapped.len);
	if (read_v4(address, bytes)) {
		memcpy(out->prefix, bytes, 3);
		return !span_equal(address, SPAN("127.0.0.1"));
	}
	if (!read_v6(address, groups))
		return false;
	out->family = V6;
	for (unsigned i = 0; i < 4; i++) {
		out->prefix[i * 2] = (unsigned char)(groups[i] >> 8);
		out->prefix[i * 2 + 1] = (unsigned char)groups[i];
	}
	for (unsigned i = 0; i < V6_GROUPS - 1; i++)
		if (groups[i])
			return true;
	return groups[V6_GROUPS - 1] > 1;
}

void
contacts_init(struct contacts *contacts, const uint64_t secret[2], int64_t now)
{
	contacts->head = (struct contacts_head){ .version = CONTACTS_VERSION, .begun = now };
	memcpy(contacts->head.secret, secret, sizeof(contacts->head.secret));
	contacts->head_changed = true;
	known_init(&contacts->clients, CONTACTS_CLIENTS_LAST, now);
	known_init(&contacts->asked, CONTACTS_ASKED_LAST, now);
	known_filter_clear(&contacts->young, now);
}

bool
contacts_load(struct contacts *contacts, struct span bytes)
{
	struct contacts_head head;

	if (bytes.len != sizeof(head))
		return false;
	memcpy(&head, bytes.at, sizeof(head));
	if (head.version != CONTACTS_VERSION || head.troubled > 1 || head.begun < 0 ||
	    head.begun > LATEST)
		return false;
	contacts->head = head;
	contacts->head_changed = false;
	return true;
}

bool
contacts_key(const struct contacts *contacts, struct span address, uint64_t *key_out)
{
	struct scan scan = scan_over(address);
	struct network network;
	struct span inner;

	scan_until(&scan, '[');
	inner = scan_until(&scan, ']');
	if (!scan.failed)
		address = inner;
	if (!read_network(address, &network))
		return false;
	*key_out = siphash(contacts->head.secret, &network, sizeof(network));
	return true;
}

enum contacts_who
contacts_meet(struct contacts *contacts, uint64_t key)
{
	bool known = known_has(&contacts->clients, key);

	if (!known && known_filter_full(&contacts->young)) /* they may be new once more */
		known_filter_clear(&contacts->young, contacts->young.since);
	if (!known_filter_add(&contacts->young, key) && !known)
		return CONTACTS_YOUNG;
	return known ? CONTACTS_KNOWN : CONTACTS_NEW;
}

void
contacts_learn(struct contacts *contacts, uint64_t key, int64_t time)
{
	known_add(&contacts->clients, key);
	if (time >= contacts->head.begun || time <= 0)
		return;
	contacts->head.begun = time;
	contacts->head_changed = true;
}

void
contacts_wrote(struct contacts *contacts, uint64_t key)
{
	known_add(&contacts->asked, key);
}

bool
contacts_asked(const struct contacts *contacts, uint64_t key)
{
	return known_has(&contacts->asked, key);
}

bool
contacts_writes(const struct contacts *contacts)
{
	uint32_t set = 0;

	for (unsigned i = 0; i < KNOWN_FILTERS; i++)
		set += contacts->asked.filter[i].set;
	return set > 0;
}

bool
contacts_ripe(const struct contacts *contacts, int64_t now)
{
	return now - contacts->head.begun >= CONTACTS_RIPE;
}

void
contacts_settle(struct contacts *contacts, int64_t now, bool surge)
{
	bool was = contacts->head.troubled;

	known_turn(&contacts->clients, now);
	known_turn(&contacts->asked, now);
	if (surge != was) {
		contacts->head.troubled = surge;
		contacts->head_changed = true;
	}
	if (was && !surge) {
		known_filter_clear(&contacts->young, now);
	} else if (!surge && now - contacts->young.since >= CONTACTS_YOUNG_FOR) {
		known_join(&contacts->clients, &contacts->young, now);
		known_filter_clear(&contacts->young, now);
	}
}

void
contacts_clock_set(struct contacts *contacts, int64_t seconds)
{
	known_clock_set(&contacts->clients, seconds);
	known_clock_set(&contacts->asked, seconds);
	contacts->young.since += seconds;
	contacts->head.begun += seconds;
	contacts->head_changed = true;
}
