/*
 * Errors as sentences that grow on the way up.
 *
 * Whoever knows what was wanted calls err_set; each caller adds what it was doing with err_while;
 * only the outermost logs, once. Both return false, so that `return err_set(...)` reads well.
 * A NULL `err` is allowed: the caller then learns only that it failed.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

#define MUST_USE __attribute__((warn_unused_result))
#define FORMAT_LIKE_PRINTF(text, args) __attribute__((format(printf, text, args)))

enum err_kind {
	ERR_NONE,
	ERR_INPUT,   /* bytes from outside are wrong; trying again changes nothing */
	ERR_BUSY,    /* not now; trying again later may work */
	ERR_REFUSED, /* the other side understood and said no */
	ERR_SYSTEM,  /* this machine failed: disk, memory, rights */
	ERR_BUG,     /* our own promise is broken */
};

struct err {
	enum err_kind kind;
	char text[512]; /* one sentence, no newline, always terminated */
};

/* Sets the kind and the sentence. Returns false. */
bool err_set(struct err *err, enum err_kind kind, const char *format, ...) FORMAT_LIKE_PRINTF(3, 4);

/* Puts "<what we were doing>: " before the sentence. Returns false. */
bool err_while(struct err *err, const char *format, ...) FORMAT_LIKE_PRINTF(2, 3);

#endif
