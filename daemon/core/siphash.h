/*
 * SipHash-2-4, a hash with a secret key: who does not know it cannot choose inputs that meet
 * (Aumasson and Bernstein 2012, section 2).
 */
#ifndef CORE_SIPHASH_H
#define CORE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t siphash(const uint64_t key[2], const void *bytes, size_t length);

#endif
