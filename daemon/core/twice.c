#include "daemon/core/twice.h"

#include "daemon/core/hash.h"

struct twice
twice_new(void)
{
	return (struct twice){ .contrary = TWICE_CONTRARY - 1 };
}

static void
learn(struct twice *twice, bool single)
{
	if (single == (twice->single != 0)) {
		twice->contrary = 0;
	} else if (++twice->contrary >= TWICE_CONTRARY) {
		twice->single = single;
		twice->contrary = 0;
	}
}

static struct twice_slot *
slot_of(struct twice *twice, uint32_t process)
{
	return &twice->slots[process % TWICE_SLOTS];
}

static bool
of_process(const struct twice_slot *slot, uint32_t process)
{
	return slot->text && slot->process == process;
}

/* So many copies more of the refusal in this slot: the first of each pair counts. */
static unsigned
take_copies(struct twice *twice, struct twice_slot *slot, unsigned copies)
{
	unsigned before = slot->odd != 0, all = before + copies;

	slot->odd = all % 2;
	if (all >= 2)
		learn(twice, false);
	return twice->single ? copies : (all + 1) / 2 - before;
}

/* The text of a line without what differs between the two copies: "[1\\5] ". */
static struct span
text_of(struct span message)
{
	const char *end =
		message.len && *message.at == '[' ? memchr(message.at, ']', message.len) : NULL;

	return end ? span_after(message, (size_t)(end - message.at) + 2) : message;
}

unsigned
twice_refusal(struct twice *twice, uint32_t process, struct span line, unsigned copies)
{
	struct twice_slot *slot = slot_of(twice, process);
	uint64_t text = hash_span(text_of(line), 4) | 1;

	if (!of_process(slot, process) || slot->text != text) {
		twice_apart(twice, process);
		*slot = (struct twice_slot){ .text = text, .process = process };
	}
	return take_copies(twice, slot, copies);
}

void
twice_apart(struct twice *twice, uint32_t process)
{
	struct twice_slot *slot = slot_of(twice, process);

	if (!of_process(slot, process))
		return;
	if (slot->odd)
		learn(twice, true);
	*slot = (struct twice_slot){ 0 };
}

unsigned
twice_again(struct twice *twice, uint32_t process, unsigned copies)
{
	struct twice_slot *slot = slot_of(twice, process);

	return of_process(slot, process) ? take_copies(twice, slot, copies) : copies;
}
