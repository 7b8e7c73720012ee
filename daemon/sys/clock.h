/*
 * This machine's clocks. Only the outermost layer asks them; everything below takes time as an
 * argument.
 */
#ifndef SYS_CLOCK_H
#define SYS_CLOCK_H

#include <stdint.h>

#define CLOCK_BOOT_ID 40 /* room for a boot id and its terminator */

/* Microseconds since 1970-01-01T00:00:00Z; jumps when somebody sets the clock. */
int64_t clock_now_us(void);

/* Microseconds since some moment of this boot, sleep included; nobody can set it. */
int64_t clock_steady_us(void);

/* Names this boot of the machine. Empty when the kernel does not say. Read once, static. */
const char *clock_boot_id(void);

#endif
