/* DNS messages as bytes (RFC 1035, section 4): numbers, names, sections. Never reads past `len`. */
#ifndef DNSUPDATE_WIRE_H
#define DNSUPDATE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_HEADER 12
#define WIRE_MESSAGE 65535 /* octets, the largest message */

#define WIRE_QR 0x8000
#define WIRE_OPCODE 0x7800
#define WIRE_TC 0x0200
#define WIRE_RCODE 0x000F

#define WIRE_CLASS_ANY 255

uint16_t wire_u16(const uint8_t *at);
uint32_t wire_u32(const uint8_t *at);
uint64_t wire_u48(const uint8_t *at);
void wire_put16(uint8_t *at, uint16_t value);
void wire_put48(uint8_t *at, uint64_t value);

/* Moves *at behind a name (a compression pointer ends it). False at a broken one. */
bool wire_skip_name(const uint8_t *wire, size_t len, size_t *at);

/* A resource record as it lies there. */
struct wire_record {
	size_t owner; /* where it begins */
	uint16_t type, class;
	uint32_t ttl;
	size_t data; /* where its RDATA begins */
	uint16_t size;
};

/* Reads the record at *at and moves behind it. */
bool wire_next_record(const uint8_t *wire, size_t len, size_t *at, struct wire_record *record_out);

/* Moves *at from the header behind the question section. */
bool wire_skip_questions(const uint8_t *wire, size_t len, size_t *at);

/* An uncompressed name of exactly these bytes stands at `at`, whatever the case of its letters. */
bool wire_name_is(const uint8_t *wire, size_t len, size_t at, const uint8_t *name, size_t size);

#endif
