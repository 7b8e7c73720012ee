/*
 * How answers look on a terminal: at most 80 columns, colours only there and without NO_COLOR,
 * times with their age, foreign text scrubbed.
 */
#ifndef CTL_SHOW_H
#define CTL_SHOW_H

#include <jansson.h>
#include <stdio.h>

#define SHOW_COLUMNS 80
#define SHOW_CELL 128

enum ctl_show_colour { SHOW_PLAIN, SHOW_BOLD, SHOW_GREEN, SHOW_YELLOW, SHOW_RED };

/* Scrubbed, so that no byte of it moves a cursor. */
void ctl_show_text(FILE *out, const char *text);

/* A cell of `width` columns: cut with "~" or filled up with blanks. */
void ctl_show_cell(const char *text, unsigned width, enum ctl_show_colour colour);

/* "  label     words that are broken at blanks and go on under the first" */
void ctl_show_words(const char *label, const char *words, enum ctl_show_colour colour);

/* A member as a string, or "" when it is null or missing. */
const char *ctl_show_member(const json_t *object, const char *name);

/* A number as people read it: "41.5", "3.2k", "-" when it is null. */
void ctl_show_number(const json_t *number, const char *unit, char out[SHOW_CELL]);

/* A member that is a number, as a cell of `width` columns. */
void ctl_show_count(const json_t *object, const char *name, const char *unit, unsigned width);

/* Seconds from an RFC 3339 member to `now`: "1h04m"; "-" when it is null. */
void ctl_show_age(const json_t *object, const char *name, long long now, char out[SHOW_CELL]);

/* "2026-11-24T16:36:26Z (1h04m ago)", "(in 2h)" for what is to come, "-" when it is null. */
void ctl_show_time(const json_t *object, const char *name, long long now, char out[SHOW_CELL]);

#endif
