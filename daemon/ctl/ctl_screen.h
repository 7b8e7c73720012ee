/*
 * The whole screen of a terminal, by ANSI sequences: taken over, drawn, and given back as it was,
 * also when a signal ends or stops the program. One at a time.
 */
#ifndef CTL_CTL_SCREEN_H
#define CTL_CTL_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

enum ctl_screen_event {
	CTL_SCREEN_TIME,   /* nothing happened for so long */
	CTL_SCREEN_REDRAW, /* its size is another, or the program was stopped and goes on */
	CTL_SCREEN_KEY,
	CTL_SCREEN_END, /* a signal, or the terminal is gone */
};

/* Are standard output and input a terminal? */
bool ctl_screen_there(void);

/* False with errno: it cannot be taken over. */
bool ctl_screen_open(void);

/* Gives it back; does nothing when it is not open. */
void ctl_screen_close(void);

/* Shows the lines of a text, as many as there is room for, and `last` in the lowest row. */
void ctl_screen_draw(const char *text, size_t length, const char *last);

/* Waits for the first of these; `key_out` is the key, `signal_out` the signal that ends it (0:
 * none). */
enum ctl_screen_event ctl_screen_wait(int wait_ms, char *key_out, int *signal_out);

#endif
