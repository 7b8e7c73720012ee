#include "daemon/core/open_ids.h"

#include "daemon/core/hash.h"
#include "daemon/core/open_cells.h"
#include "daemon/core/swar.h"

#include <stdlib.h>

#define NONE 0u		/* slot 0 is never used */
#define FIRST_ROOM 256u /* slots at the beginning; doubled up to the maximum */
#define HEADS 1024u	/* lists of sessions and of message-ids */
#define LATEST 512u	/* places where an id is looked for first */

struct open_ids {
	unsigned max, used, room; /* open ids; slots in `slots`, slot 0 included */
	uint32_t top, unused;	  /* slots below `top` were used once; list of free ones */
	struct open_id *slots;
	struct open_cells cells;
	uint32_t newest, oldest;
	uint32_t sessions[HEADS], messages[HEADS];
	uint32_t latest[LATEST]; /* by key: the slot that was last found or made; maybe free now */
	struct open_ids_gone *gone; /* stored, and removed since */
	size_t gone_count, gone_room;
};

_Static_assert(sizeof(struct open_facts) == 160, "stored as bytes: no padding");

struct open_ids *
open_ids_new(unsigned max)
{
	struct open_ids *ids = calloc(1, sizeof(*ids));

	if (!ids)
		return NULL;
	ids->max = max ? max : 1;
	ids->room = FIRST_ROOM;
	ids->top = 1;
	ids->slots = malloc(sizeof(*ids->slots) * ids->room);
	if (open_cells_make(&ids->cells, FIRST_ROOM * 2) && ids->slots)
		return ids;
	open_ids_free(ids);
	return NULL;
}

void
open_ids_free(struct open_ids *ids)
{
	if (!ids)
		return;
	free(ids->slots);
	open_cells_free(&ids->cells);
	free(ids->gone);
	free(ids);
}

unsigned
open_ids_count(const struct open_ids *ids)
{
	return ids->used;
}

bool
open_ids_full(const struct open_ids *ids)
{
	return ids->used >= ids->max;
}

static uint32_t
slot_of(const struct open_ids *ids, const struct open_id *open)
{
	return (uint32_t)(open - ids->slots);
}

static struct open_id *
at_slot(struct open_ids *ids, uint32_t slot)
{
	return slot == NONE ? NULL : &ids->slots[slot];
}

static uint32_t
session_list(uint32_t host, uint32_t pid)
{
	return (pid * 2654435761u ^ host) >> 7 & (HEADS - 1);
}

static uint32_t *
head(struct open_ids *ids, enum open_chain chain, const struct open_facts *facts)
{
	if (chain == OPEN_CHAIN_SESSION)
		return &ids->sessions[session_list(facts->host, facts->pid)];
	return chain == OPEN_CHAIN_MESSAGE ? &ids->messages[facts->message_id & (HEADS - 1)]
					   : &ids->newest;
}

static void
link_in(struct open_ids *ids, enum open_chain chain, struct open_id *open)
{
	uint32_t *first = head(ids, chain, &open->facts), slot = slot_of(ids, open);

	open->link[chain].prev = NONE;
	open->link[chain].next = *first;
	if (*first != NONE)
		ids->slots[*first].link[chain].prev = slot;
	else if (chain == OPEN_CHAIN_AGE)
		ids->oldest = slot;
	*first = slot;
}

static void
link_out(struct open_ids *ids, enum open_chain chain, struct open_id *open)
{
	uint32_t prev = open->link[chain].prev, next = open->link[chain].next;

	if (prev != NONE)
		ids->slots[prev].link[chain].next = next;
	else
		*head(ids, chain, &open->facts) = next;
	if (next != NONE)
		ids->slots[next].link[chain].prev = prev;
	else if (chain == OPEN_CHAIN_AGE)
		ids->oldest = prev;
}

static inline uint32_t *
latest_place(struct open_ids *ids, uint64_t key)
{
	return &ids->latest[key >> 32 & (LATEST - 1)];
}

static inline bool
is_named(const struct open_id *open, uint64_t key, struct span id)
{
	return open->facts.key == key && open->facts.id_len == id.len &&
	       hash_same_name(open->facts.id, id.at, id.len);
}

/* Of this instance; or, but for `exact`, of another one on this host. */
static __attribute__((noinline)) struct open_id *
find_in_cells(struct open_ids *ids, uint64_t key, uint32_t group, struct span id, bool exact)
{
	uint32_t at = open_cells_home(&ids->cells, (uint32_t)key), slot;
	struct open_id *other = NULL;

	while ((slot = open_cells_next(&ids->cells, (uint32_t)key, &at))) {
		struct open_id *open = &ids->slots[slot];

		if (!is_named(open, key, id))
			continue;
		*latest_place(ids, key) = slot;
		if (open->facts.group == group)
			return open;
		other = open;
	}
	return exact ? NULL : other;
}

static __attribute__((noinline)) struct open_id *
find_unusual(struct open_ids *ids, uint32_t host, uint32_t group, struct span id, bool exact)
{
	return find_in_cells(ids, hash_span(id, host), group, id, exact);
}

/* Most lines ask, so what is usual calls nothing: an id of 8 to 16 bytes that was used lately. */
struct open_id *
open_ids_find(struct open_ids *ids, uint32_t host, uint32_t group, struct span id, bool exact)
{
	struct open_id *open;
	uint32_t latest;
	uint64_t key;

	if (id.len < 8 || id.len > 16)
		return find_unusual(ids, host, group, id, exact);
	key = hash_span(id, host);
	latest = *latest_place(ids, key);
	open = &ids->slots[latest];
	if (latest && is_named(open, key, id) && open->facts.group == group)
		return open;
	return find_in_cells(ids, key, group, id, exact);
}

struct open_id *
open_ids_oldest(struct open_ids *ids)
{
	return at_slot(ids, ids->oldest);
}

struct open_id *
open_ids_younger(struct open_ids *ids, const struct open_id *open)
{
	return at_slot(ids, open->link[OPEN_CHAIN_AGE].prev);
}

struct open_id *
open_ids_of_session(struct open_ids *ids, uint32_t host, uint32_t pid)
{
	struct open_id *open = at_slot(ids, ids->sessions[session_list(host, pid)]);

	while (open && (open->facts.pid != pid || open->facts.host != host))
		open = at_slot(ids, open->link[OPEN_CHAIN_SESSION].next);
	return open;
}

struct open_id *
open_ids_same_message(struct open_ids *ids, const struct open_id *open)
{
	uint64_t message_id = open->facts.message_id;
	struct open_id *other = at_slot(ids, ids->messages[message_id & (HEADS - 1)]);

	while (other &&
	       (other == open || other->facts.loopback || other->facts.message_id != message_id))
		other = at_slot(ids, other->link[OPEN_CHAIN_MESSAGE].next);
	return message_id ? other : NULL;
}

static bool
grow(struct open_ids *ids)
{
	struct open_cells cells;
	struct open_id *slots;

	if (!open_cells_make(&cells, ids->room * 4))
		return false;
	slots = realloc(ids->slots, sizeof(*slots) * ids->room * 2);
	if (!slots) {
		open_cells_free(&cells);
		return false;
	}
	ids->slots = slots;
	for (uint32_t slot = ids->newest; slot != NONE;
	     slot = slots[slot].link[OPEN_CHAIN_AGE].next)
		open_cells_put(&cells, (uint32_t)slots[slot].facts.key, slot);
	open_cells_free(&ids->cells);
	ids->cells = cells;
	ids->room *= 2;
	return true;
}

/* For a new one, of which the store has no row. */
static struct open_id *
take_slot(struct open_ids *ids)
{
	uint32_t slot = ids->unused;

	if (open_ids_full(ids) || (slot == NONE && ids->top == ids->room && !grow(ids)))
		return NULL;
	if (slot != NONE)
		ids->unused = ids->slots[slot].link[OPEN_CHAIN_AGE].next;
	else
		slot = ids->top++;
	ids->slots[slot].stored = false;
	ids->slots[slot].changed = true;
	return &ids->slots[slot];
}

static void
put_in(struct open_ids *ids, struct open_id *open)
{
	ids->used++;
	*latest_place(ids, open->facts.key) = slot_of(ids, open);
	open_cells_put(&ids->cells, (uint32_t)open->facts.key, slot_of(ids, open));
	link_in(ids, OPEN_CHAIN_AGE, open);
	if (open->facts.session)
		link_in(ids, OPEN_CHAIN_SESSION, open);
	if (open->facts.message_id)
		link_in(ids, OPEN_CHAIN_MESSAGE, open);
}

struct open_id *
open_ids_insert(struct open_ids *ids, const struct open_facts *facts)
{
	struct open_id *open = take_slot(ids);

	if (!open)
		return NULL;
	open->facts = *facts;
	put_in(ids, open);
	return open;
}

struct open_id *
open_ids_add(struct open_ids *ids, uint32_t host, uint32_t group, struct span id, uint32_t pid,
	     int64_t time_us)
{
	struct open_id *open = id.len > OPEN_IDS_ID ? NULL : take_slot(ids);

	if (!open)
		return NULL;
	swar_zero(&open->facts, sizeof(open->facts));
	open->facts.key = hash_span(id, host);
	open->facts.host = host;
	open->facts.group = group;
	open->facts.pid = pid;
	open->facts.session = pid != 0;
	open->facts.opened_us = time_us;
	open->facts.id_len = (uint8_t)id.len;
	hash_copy(open->facts.id, id.at, id.len);
	put_in(ids, open);
	return open;
}

/* Without memory the row stays in the store; it will grow old there and be dropped then. */
static void
remember_gone(struct open_ids *ids, const struct open_facts *facts)
{
	if (ids->gone_count == ids->gone_room) {
		size_t room = ids->gone_room ? ids->gone_room * 2 : 64;
		struct open_ids_gone *gone = realloc(ids->gone, sizeof(*gone) * room);

		if (!gone)
			return;
		ids->gone = gone;
		ids->gone_room = room;
	}
	ids->gone[ids->gone_count++] = (struct open_ids_gone){ facts->key, facts->group };
}

void
open_ids_remove(struct open_ids *ids, struct open_id *open)
{
	uint32_t slot = slot_of(ids, open);

	if (open->stored)
		remember_gone(ids, &open->facts);
	open_cells_remove(&ids->cells, (uint32_t)open->facts.key, slot);
	link_out(ids, OPEN_CHAIN_AGE, open);
	if (open->facts.session)
		link_out(ids, OPEN_CHAIN_SESSION, open);
	if (open->facts.message_id)
		link_out(ids, OPEN_CHAIN_MESSAGE, open);
	open->stored = open->changed = false;
	open->facts.key = open->facts.id_len = 0; /* `latest` may still say that it is one */
	open->link[OPEN_CHAIN_AGE].next = ids->unused;
	ids->unused = slot;
	ids->used--;
}

void
open_ids_end_session(struct open_ids *ids, struct open_id *open)
{
	if (!open->facts.session)
		return;
	link_out(ids, OPEN_CHAIN_SESSION, open);
	open->facts.session = 0;
	open->changed = true;
}

void
open_ids_set_message(struct open_ids *ids, struct open_id *open, uint64_t message_id)
{
	if (open->facts.message_id)
		link_out(ids, OPEN_CHAIN_MESSAGE, open);
	open->facts.message_id = message_id;
	if (message_id)
		link_in(ids, OPEN_CHAIN_MESSAGE, open);
	open->changed = true;
}

const struct open_ids_gone *
open_ids_gone(const struct open_ids *ids, size_t *count_out)
{
	*count_out = ids->gone_count;
	return ids->gone;
}

void
open_ids_forget_gone(struct open_ids *ids)
{
	ids->gone_count = 0;
}

static int
by_age(const void *a, const void *b)
{
	const struct open_id *const *x = a, *const *y = b;
	int64_t left = (*x)->facts.opened_us, right = (*y)->facts.opened_us;

	return (left > right) - (left < right);
}

void
open_ids_sort(struct open_ids *ids)
{
	struct open_id **all = malloc(sizeof(*all) * (ids->used + 1));
	size_t count = 0;

	if (!all)
		return;
	for (struct open_id *open = open_ids_oldest(ids); open; open = open_ids_younger(ids, open))
		all[count++] = open;
	qsort(all, count, sizeof(*all), by_age);
	ids->newest = ids->oldest = NONE;
	for (size_t i = 0; i < count; i++)
		link_in(ids, OPEN_CHAIN_AGE, all[i]);
	free(all);
}
