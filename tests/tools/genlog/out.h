/*
 * For genlog: lines with their stamp, host and tag, written through one large buffer; queue ids in
 * both forms of Postfix.
 */
#ifndef TESTS_TOOLS_GENLOG_OUT_H
#define TESTS_TOOLS_GENLOG_OUT_H

#include "daemon/base/err.h"

#include <stdint.h>

#define OUT_HOSTS 16
#define OUT_ID 24

enum out_stamp { OUT_RFC3164, OUT_RFC3339, OUT_BY_HOST, OUT_STAMPS };

struct out_options {
	int fd;
	enum out_stamp stamp;
	const char *host[OUT_HOSTS];
	int hosts;
};

extern struct out_options out_options;

uint64_t out_bytes(void);
uint64_t out_lines(void);

/* "STAMP HOST postfix[-N]/DAEMON[PID]: " and what is given. */
void out_line(int64_t time_us, int host, int instance, const char *daemon, int pid,
	      const char *format, ...) FORMAT_LIKE_PRINTF(6, 7);

/* The same of another program; `tag` with its pid. */
void out_other(int64_t time_us, int host, const char *tag, const char *text);

/* The last line happened `times` more: as rsyslog says it, or as syslogd does. */
void out_repeated(int64_t time_us, int host, int times, bool with_text);

void out_flush(void);

/* Short: 5 hex digits of the microsecond and the inode. Long: time in base 52, "z", the inode. */
void out_queue_id(char id[OUT_ID], bool long_form, int64_t time_us, uint64_t inode);

#endif
