#include "daemon/core/witness.h"

#include "daemon/base/when.h"
#include "daemon/core/senders.h"

#include <stdlib.h>

#define NAME 256

struct row {
	char name[NAME];
	size_t length;
	uint64_t sender; /* senders_key of its addresses */
	struct evidence said;
};

struct witness {
	struct contacts *contacts;
	unsigned most, count;
	struct row *by_default; /* or NULL */
	unsigned latest;	/* most events are of the domain of the one before */
	struct row rows[];
};

struct witness *
witness_new(unsigned most, struct contacts *contacts)
{
	struct witness *witness = calloc(1, sizeof(*witness) + most * sizeof(struct row));

	if (!witness)
		return NULL;
	witness->contacts = contacts;
	witness->most = most;
	return witness;
}

void
witness_free(struct witness *witness)
{
	free(witness);
}

bool
witness_watch(struct witness *witness, struct span domain, bool by_default)
{
	char address[NAME + 1] = "@";
	struct row *row = &witness->rows[witness->count];

	if (witness->count == witness->most || domain.len == 0 || domain.len >= NAME)
		return false;
	*row = (struct row){ .length = domain.len };
	span_copy_lower(domain, row->name, sizeof(row->name));
	memcpy(address + 1, domain.at, domain.len);
	row->sender = senders_key((struct span){ address, domain.len + 1 });
	witness->count++;
	if (by_default)
		witness->by_default = row;
	return true;
}

static bool
is_name(const struct row *row, struct span name)
{
	return span_equal((struct span){ row->name, row->length }, name);
}

static struct row *
row_of(struct witness *witness, struct span name)
{
	if (witness->latest < witness->count && is_name(&witness->rows[witness->latest], name))
		return &witness->rows[witness->latest];
	for (unsigned i = 0; i < witness->count; i++)
		if (is_name(&witness->rows[i], name)) {
			witness->latest = i;
			return &witness->rows[i];
		}
	return NULL;
}

static void
tell(struct evidence *said, enum evidence_part part, double *number, double count)
{
	said->known |= 1U << part;
	*number += count;
}

/*
 * A bounce was counted for another domain, and is taken away there. True: a client that was new
 * there goes with it, since more are new there than bounces are left.
 */
static bool
take_away(struct witness *witness, const struct event *event, bool asked)
{
	struct row *row = row_of(witness, event->moved_from);

	if (!row)
		return false;
	row->said.with_client -= (double)event->count;
	row->said.asked -= asked ? (double)event->count : 0;
	if (row->said.new_clients < 1 || row->said.new_clients <= row->said.with_client)
		return false;
	row->said.new_clients -= 1;
	return true;
}

static void
take_bounce(struct witness *witness, const struct event *event)
{
	double count = (double)event->count;
	uint64_t key = 0;
	bool client = contacts_key(witness->contacts, event->client, &key);
	bool asked = client && contacts_asked(witness->contacts, key);
	bool is_new = client && event->moved && take_away(witness, event, asked);
	struct row *row = row_of(witness, event->domain);
	struct evidence *said;

	if (!row)
		return;
	said = &row->said;
	if (event->tagged && !event->unknown_user) /* a tag of ours has a user here */
		tell(said, EVIDENCE_TAGS, &said->tagged, (double)event->tagged);
	if (event->count == 0)
		return;
	if (event->unknown_user)
		tell(said, EVIDENCE_UNKNOWN_USERS, &said->unknown_users, count);
	if (!client)
		return;
	tell(said, EVIDENCE_CLIENTS, &said->with_client, count);
	if (contacts_writes(witness->contacts))
		tell(said, EVIDENCE_ASKED, &said->asked, asked ? count : 0);
	is_new = contacts_meet(witness->contacts, key) == CONTACTS_NEW || is_new;
	said->new_clients += is_new;
}

/* Where it went, and whose it was. What goes to one of our own domains stays at home. */
static void
take_delivery(struct witness *witness, const struct event *event, int64_t oldest_fresh_us)
{
	int64_t oldest_us = oldest_fresh_us - CONTACTS_ASKED_LAST * WHEN_SECOND_US;
	uint64_t key = 0;

	if (event->time_us < oldest_us || row_of(witness, event->domain) ||
	    !contacts_key(witness->contacts, event->relay, &key))
		return;
	contacts_wrote(witness->contacts, key);
	if (event->time_us < oldest_fresh_us || event->sender == 0)
		return;
	for (unsigned i = 0; i < witness->count; i++)
		if (witness->rows[i].sender == event->sender)
			tell(&witness->rows[i].said, EVIDENCE_SENT, &witness->rows[i].said.sent,
			     (double)event->count);
}

static void
take_mail(struct witness *witness, const struct event *event)
{
	uint64_t key = 0;

	if (contacts_key(witness->contacts, event->client, &key))
		contacts_learn(witness->contacts, key, event->time_us / WHEN_SECOND_US);
}

static void
take_probe(struct witness *witness, const struct event *event)
{
	struct row *row = event->domain.len ? row_of(witness, event->domain) : witness->by_default;

	if (row)
		tell(&row->said, EVIDENCE_PROBES, &row->said.probes, (double)event->count);
}

/* Mail for users who do not exist is no evidence, but shows that this is told here. */
static void
take_refused_mail(struct witness *witness, const struct event *event)
{
	struct row *row = event->unknown_user ? row_of(witness, event->domain) : NULL;

	if (row)
		row->said.known |= 1U << EVIDENCE_UNKNOWN_USERS;
}

void
witness_take(struct witness *witness, const struct event *event, int64_t oldest_fresh_us)
{
	int64_t time_us = event->moved ? event->moved_time_us : event->time_us;
	bool fresh = time_us >= oldest_fresh_us;

	if (event->kind == EVENT_DELIVERED)
		take_delivery(witness, event, oldest_fresh_us);
	else if (event->kind == EVENT_MAIL_ACCEPTED)
		take_mail(witness, event);
	else if (fresh && event_loads(event->kind))
		take_bounce(witness, event);
	else if (fresh && event->kind == EVENT_PROBE)
		take_probe(witness, event);
	else if (fresh && event->kind == EVENT_MAIL_REFUSED)
		take_refused_mail(witness, event);
}

const struct evidence *
witness_said(const struct witness *witness, struct span domain)
{
	for (unsigned i = 0; i < witness->count; i++)
		if (is_name(&witness->rows[i], domain))
			return &witness->rows[i].said;
	return NULL;
}

void
witness_clear(struct witness *witness)
{
	for (unsigned i = 0; i < witness->count; i++)
		witness->rows[i].said = (struct evidence){ 0 };
}
