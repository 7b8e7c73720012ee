/*
 * Which file comes after the one at hand: the next younger brother, or what the path names now.
 */
#ifndef SOURCE_HEIR_H
#define SOURCE_HEIR_H

#include "daemon/base/err.h"
#include "daemon/source/follow.h"

#include <sys/stat.h>

/* What was seen at earlier looks, since the file at hand was taken up. */
struct heir_watch {
	bool current;	  /* the path named the file at hand */
	struct stat next; /* what it named afterwards; st_ino 0: not known */
};

struct heir {
	int fd;	      /* owned by the caller; -1: none yet */
	bool at_path; /* it is what the path names, not an older brother */
	bool missed;  /* between it and the file at hand there was one that is removed */
	bool strayed; /* the next is compressed, or not known: see history.h */
};

/*
 * There is no heir as long as the path names the file at hand (`ours`, read as `at` says), and
 * while what it names is empty: whoever writes the log has not turned to the new file yet.
 */
MUST_USE bool heir_find(const char *path, int ours, const struct follow_cursor *at,
			struct heir_watch *watch, struct heir *out, struct err *err);

#endif
