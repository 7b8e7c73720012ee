/*
 * The tag of a syslog line, "postfix/submission/smtpd[301]: ", and the memory of the programs whose
 * names were seen before.
 */
#ifndef CORE_ENVELOPE_TAG_H
#define CORE_ENVELOPE_TAG_H

#include "daemon/core/envelope.h"
#include "daemon/core/swar.h"

/* The program of this name, remembered if that can be. */
struct envelope_program *envelope_tag_program(struct envelope_memory *memory, struct span name);

/* Eats a tag and fills program and pid. False, and nothing eaten, when no tag is there. */
bool envelope_tag_read(struct envelope_memory *memory, struct scan *scan, struct envelope *out);

/* Where the program of such a name is remembered; ENVELOPE_NAME bytes must be there. */
static inline struct envelope_program *
envelope_tag_place(struct envelope_memory *memory, const char *name, size_t length)
{
	uint64_t tail = length < SWAR_BYTES ? swar_load(name) << (64 - 8 * length)
					    : swar_load(name + length - SWAR_BYTES);

	return &memory->programs[tail * UINT64_C(0x9E3779B97F4A7C15) /
				 (UINT64_MAX / ENVELOPE_PROGRAMS + 1)];
}

/*
 * The same for a remembered program with a pid, in few steps: where the message begins, or NULL
 * when it has to be read by envelope_tag_read.
 */
static inline const char *
envelope_tag_again(struct envelope_memory *memory, const char *at, const char *end,
		   struct envelope *out)
{
	size_t length = end - at < ENVELOPE_NAME ? 0 : swar_find_far(at, '[');
	struct envelope_program *program;
	unsigned digits;

	if (length == 0 || length >= ENVELOPE_NAME || (size_t)(end - at) < length + 12)
		return NULL;
	program = envelope_tag_place(memory, at, length);
	if (program->name.len != length || !swar_same(program->text, at, (unsigned)length))
		return NULL;
	at += length + 1;
	out->program = program;
	out->pid = swar_number(at, &digits);
	at += digits;
	return digits && __builtin_memcmp(at, "]: ", 3) == 0 ? at + 3 : NULL;
}

#endif
