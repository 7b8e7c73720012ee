#include "daemon/core/envelope_tag.h"

#include "daemon/core/eat.h"
#include "daemon/core/hash.h"

static void
fill(struct envelope_program *program, struct span name)
{
	size_t first = 0, last = 0, daemon;

	for (size_t i = 1; i < name.len; i++)
		if (name.at[i] == '/') {
			first = first ? first : i;
			last = i;
		}
	daemon = last ? last + 1 : 0;
	program->name = name;
	program->group = (struct span){ name.at, first };
	program->instance = (struct span){ name.at, last };
	program->daemon = (struct span){ name.at + daemon, name.len - daemon };
	program->group_key = (uint32_t)hash_span(program->group, 0);
	program->claim[0] = program->claim[1] = 0;
	program->torn = false;
}

/* A name that no tag can have is not remembered, or envelope_tag_again would find it in one. */
static bool
can_be_remembered(struct span name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.at[i] == '[' || name.at[i] == ':' || name.at[i] == ' ')
			return false;
	return name.len > 0 && name.len < ENVELOPE_NAME;
}

struct envelope_program *
envelope_tag_program(struct envelope_memory *memory, struct span name)
{
	struct envelope_program *program = &memory->other;
	char text[ENVELOPE_NAME] = { 0 };

	if (!can_be_remembered(name)) {
		fill(program, name);
		return program;
	}
	memcpy(text, name.at, name.len);
	program = envelope_tag_place(memory, text, name.len);
	if (program->name.len == name.len && memcmp(program->text, text, sizeof(text)) == 0)
		return program;
	memcpy(program->text, text, sizeof(text));
	fill(program, (struct span){ program->text, name.len });
	return program;
}

bool
envelope_tag_read(struct envelope_memory *memory, struct scan *scan, struct envelope *out)
{
	const char *at = scan->at;
	struct span name;
	uint64_t pid = 0;

	while (at < scan->end && *at != '[' && *at != ':' && *at != ' ')
		at++;
	name = (struct span){ scan->at, (size_t)(at - scan->at) };
	if (at < scan->end && *at == '[') {
		const char *digits = ++at;

		for (; at < scan->end && *at >= '0' && *at <= '9' && pid <= UINT32_MAX; at++)
			pid = pid * 10 + (uint64_t)(*at - '0');
		if (at == digits || at == scan->end || *at++ != ']' || pid > UINT32_MAX)
			return false;
	}
	if (at == scan->end || *at != ':' || name.len == 0)
		return false;
	scan->at = at + 1;
	EAT(scan, " ");
	out->pid = (uint32_t)pid;
	out->program = envelope_tag_program(memory, name);
	return true;
}
