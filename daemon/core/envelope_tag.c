#include "daemon/core/envelope_tag.h"

#include "daemon/core/eat.h"
#include "daemon/core/hash.h"
#include "daemon/core/swar.h"

static void
split_program(struct envelope *out, size_t group_len, size_t instance_len)
{
	const char *from = out->program.at;
	size_t daemon = instance_len ? instance_len + 1 : 0;

	out->group = (struct span){ from, group_len };
	out->instance = (struct span){ from, instance_len };
	out->daemon = (struct span){ from + daemon, out->program.len - daemon };
}

void
envelope_tag_split(struct envelope *out)
{
	size_t first = 0, last = 0;

	for (size_t i = 1; i < out->program.len; i++)
		if (out->program.at[i] == '/') {
			first = first ? first : i;
			last = i;
		}
	split_program(out, first, last);
	out->group_key = (uint32_t)hash_span(out->group, 0);
}

/* "postfix/submission/smtpd[301]: ". False, and nothing eaten, when no tag is there. */
static bool
read_tag(struct scan *scan, struct envelope *out)
{
	const char *at = scan->at;

	while (at < scan->end && *at != '[' && *at != ':' && *at != ' ')
		at++;
	out->program = (struct span){ scan->at, (size_t)(at - scan->at) };
	if (at < scan->end && *at == '[') {
		uint64_t pid = 0;

		for (at++; at < scan->end && *at >= '0' && *at <= '9' && pid <= UINT32_MAX; at++)
			pid = pid * 10 + (uint64_t)(*at - '0');
		if (at == scan->end || *at++ != ']' || pid > UINT32_MAX)
			return false;
		out->pid = (uint32_t)pid;
	}
	if (at == scan->end || *at != ':' || out->program.len == 0)
		return false;
	scan->at = at + 1;
	EAT(scan, " ");
	envelope_tag_split(out);
	return true;
}

/* The place of the tag of this length that begins here; its last bytes tell pids apart. */
static struct envelope_tag *
tag_place(struct envelope_memory *memory, const char *at, size_t length)
{
	uint64_t key = hash_mix(hash_load(at + 8, 8), hash_load(at + length - 10, 8));

	return &memory->tags[key & (ENVELOPE_TAGS - 1)];
}

/* Length of the tag with its ": ", when it is 16 to 31 bytes long; else 0. */
static size_t
tag_length(const char *at, const char *end)
{
	size_t colon;

	if (end - at < ENVELOPE_TAG)
		return 0;
	colon = 14 + swar_find(at + 14, ':');
	return colon < ENVELOPE_TAG - 2 && at[colon + 1] == ' ' ? colon + 2 : 0;
}

static bool
tag_is(const struct envelope_tag *tag, const char *at, size_t length)
{
	const char *tail = at + length - 16, *text = tag->text + length - 16;

	return tag->len == length && hash_load(at, 8) == hash_load(tag->text, 8) &&
	       hash_load(at + 8, 8) == hash_load(tag->text + 8, 8) &&
	       hash_load(tail, 8) == hash_load(text, 8) &&
	       hash_load(tail + 8, 8) == hash_load(text + 8, 8);
}

static bool
remember_tag(struct envelope_tag *tag, struct span text, const struct envelope *envelope)
{
	size_t daemon = (size_t)(envelope->daemon.at - text.at);

	if (text.len < 16 || text.len > ENVELOPE_TAG || text.at[text.len - 1] != ' ')
		return false;
	memcpy(tag->text, text.at, text.len);
	tag->len = (uint8_t)text.len;
	tag->program = (struct span){ tag->text, envelope->program.len };
	tag->instance = (struct span){ tag->text, envelope->instance.len };
	tag->group = (struct span){ tag->text, envelope->group.len };
	tag->daemon = (struct span){ tag->text + daemon, envelope->daemon.len };
	tag->pid = envelope->pid;
	tag->group_key = envelope->group_key;
	tag->claim[0] = tag->claim[1] = 0;
	return true;
}

bool
envelope_tag_read(struct envelope_memory *memory, struct scan *scan, struct envelope *out)
{
	const char *from = scan->at;
	size_t length = tag_length(from, scan->end);
	struct envelope_tag *tag;

	if (length == 0)
		return read_tag(scan, out);
	tag = tag_place(memory, from, length);
	if (tag_is(tag, from, length)) {
		out->program = tag->program;
		out->instance = tag->instance;
		out->daemon = tag->daemon;
		out->group = tag->group;
		out->pid = tag->pid;
		out->group_key = tag->group_key;
		out->claim = tag->claim;
		scan->at += tag->len;
		return true;
	}
	if (!read_tag(scan, out))
		return false;
	if (remember_tag(tag, (struct span){ from, (size_t)(scan->at - from) }, out))
		out->claim = tag->claim;
	return true;
}
