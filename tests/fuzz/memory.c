/*
 * Bytes of the store for what the daemon remembers: whatever they are, what is taken keeps its
 * promises afterwards. The first byte says which kind they are.
 */
#include "daemon/core/clues.h"
#include "daemon/core/contacts.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#define NOW INT64_C(1796000000)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void
try_clues(struct span bytes)
{
	struct evidence said = { .known = 1, .unknown_users = 1 }, recent;
	struct clues clues;

	clues_init(&clues);
	if (!clues_load(&clues, bytes))
		return;
	clues_take(&clues, &said, NOW);
	recent = clues_recent(&clues, NOW);
	for (int i = 0; i < CLUES_NUMBERS; i++)
		assert(clues_value(&recent, (enum clues_number)i) >= 0 &&
		       isfinite(clues_value(&recent, (enum clues_number)i)));
	assert(recent.new_clients <= recent.with_client && recent.known & 1);
	clues_clock_set(&clues, -NOW);
	clues_tick(&clues, 0, true);
}

/* A filter of so many bytes is whole or refused: short inputs are repeated to its size. */
static void
try_filter(struct span bytes)
{
	static struct known known;
	static char raw[sizeof(struct known_filter)];

	for (size_t i = 0; i < sizeof(raw); i++)
		raw[i] = bytes.len && (i < 16 || i < bytes.len) ? bytes.at[i % bytes.len] : 0;
	known_init(&known, 700, NOW);
	if (!known_filter_load(&known.filter[1], (struct span){ raw, sizeof(raw) }))
		return;
	known_resume(&known, NOW);
	known_add(&known, 12345);
	assert(known_has(&known, 12345) || known_filter_full(&known.filter[known.newest]));
	for (int64_t turn = 0; turn < 5; turn++)
		known_turn(&known, NOW + turn * 700);
	known_clock_set(&known, -NOW);
	for (unsigned i = 0; i < KNOWN_FILTERS; i++)
		assert(known.filter[i].set <= KNOWN_FULL);
}

static void
try_contacts(struct span bytes)
{
	static const uint64_t secret[2] = { 1, 2 };
	static struct contacts contacts;
	uint64_t key;

	contacts_init(&contacts, secret, NOW);
	if (contacts_load(&contacts, bytes))
		assert(contacts.head.version == CONTACTS_VERSION);
	contacts_settle(&contacts, NOW + 1, false);
	contacts_ripe(&contacts, NOW);
	if (!contacts_key(&contacts, bytes, &key)) /* the bytes as an address */
		return;
	assert(contacts_meet(&contacts, key) == CONTACTS_NEW);
	assert(contacts_meet(&contacts, key) == CONTACTS_YOUNG);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct span rest = { (const char *)bytes, length };

	if (length == 0)
		return 0;
	rest = span_after(rest, 1);
	if (bytes[0] % 3 == 0)
		try_clues(rest);
	else if (bytes[0] % 3 == 1)
		try_filter(rest);
	else
		try_contacts(rest);
	return 0;
}
