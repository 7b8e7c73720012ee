#include "dnsupdate/wire.h"

#include "daemon/base/span.h"

uint16_t
wire_u16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

uint32_t
wire_u32(const uint8_t *at)
{
	return (uint32_t)wire_u16(at) << 16 | wire_u16(at + 2);
}

uint64_t
wire_u48(const uint8_t *at)
{
	return (uint64_t)wire_u16(at) << 32 | wire_u32(at + 2);
}

void
wire_put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

void
wire_put48(uint8_t *at, uint64_t value)
{
	for (int i = 0; i < 6; i++)
		at[i] = (uint8_t)(value >> (40 - 8 * i));
}

bool
wire_skip_name(const uint8_t *wire, size_t len, size_t *at)
{
	for (size_t i = *at; i < len; i += 1u + wire[i]) {
		if (wire[i] == 0) {
			*at = i + 1;
			return true;
		}
		if ((wire[i] & 0xC0) == 0xC0) {
			*at = i + 2;
			return i + 2 <= len;
		}
		if (wire[i] > 63)
			return false;
	}
	return false;
}

bool
wire_next_record(const uint8_t *wire, size_t len, size_t *at, struct wire_record *record_out)
{
	struct wire_record record = { .owner = *at };
	size_t i = *at;

	if (!wire_skip_name(wire, len, &i) || len - i < 10)
		return false;
	record.type = wire_u16(wire + i);
	record.class = wire_u16(wire + i + 2);
	record.ttl = wire_u32(wire + i + 4);
	record.size = wire_u16(wire + i + 8);
	record.data = i + 10;
	if (len - record.data < record.size)
		return false;
	*at = record.data + record.size;
	*record_out = record;
	return true;
}

bool
wire_skip_questions(const uint8_t *wire, size_t len, size_t *at)
{
	size_t i = WIRE_HEADER;

	if (len < WIRE_HEADER)
		return false;
	for (unsigned questions = wire_u16(wire + 4); questions > 0; questions--) {
		if (!wire_skip_name(wire, len, &i) || len - i < 4)
			return false;
		i += 4;
	}
	*at = i;
	return true;
}

bool
wire_name_is(const uint8_t *wire, size_t len, size_t at, const uint8_t *name, size_t size)
{
	struct span there = { (const char *)wire + at, size };

	return at <= len && len - at >= size &&
	       span_equal_nocase(there, (struct span){ (const char *)name, size });
}
