/*
 * The envelope of a log line: what the syslog daemon wrote around the program's message.
 *
 * RFC 3164 without year ("Nov 24 16:36:26 host tag[pid]: ..."), with a fraction or with a year;
 * RFC 3339 stamps; RFC 5424; each with or without "<PRI>". And the logs that MTAs write themselves:
 * Exim's ("2026-11-24 16:46:08 [pid] ...") and multilog's (TAI64N, also after tai64nlocal).
 */
#ifndef CORE_ENVELOPE_H
#define CORE_ENVELOPE_H

#include "daemon/base/err.h"
#include "daemon/core/stamp.h"

#define ENVELOPE_HOST 256
#define ENVELOPE_NAME 32	 /* bytes; longer names of programs are read each time */
#define ENVELOPE_PROGRAMS 64	 /* a power of two */
#define ENVELOPE_REPEATS 1000000 /* largest believed "repeated N times" */

/* Who wrote the line down. */
enum envelope_shape {
	ENVELOPE_SYSLOG,   /* a syslog daemon, or the program in that form */
	ENVELOPE_EXIM,	   /* Exim itself: no host, no tag */
	ENVELOPE_MULTILOG, /* multilog of daemontools: no host, no tag, no pid */
};

/* Whoever wrote the message. Valid until the next line is read. */
struct envelope_program {
	struct span name;     /* the whole tag without [pid]: "postfix/submission/smtpd" */
	struct span instance; /* what stands before the last '/': "postfix/submission", or empty */
	struct span daemon;   /* what stands after it: "smtpd" */
	struct span group;    /* what stands before the first '/': "postfix", or empty */
	uint32_t group_key;   /* a hash of the group */
	uint8_t claim[2]; /* for whoever reads messages, to remember whose this is; 0 at first */
	char text[ENVELOPE_NAME]; /* of one that is remembered: what the spans point to */
	bool torn;	/* its lines may begin with a stranger's words: see parse_qmail_smtpd.h */
	char spare[23]; /* 128 bytes are found in a table in one step */
};

struct envelope {
	int64_t time_us;
	enum envelope_shape shape;
	unsigned repeat;   /* the message happened so many times */
	bool repeats_last; /* "last message repeated N times": the previous line of this host did */
	uint32_t pid;	   /* 0 when the line has none */
	uint32_t host_key; /* a hash of the host */
	struct envelope_program *program; /* its name is empty when the line has none */
	struct span host;		  /* empty when the line has none */
	struct span message;
};

/* What is remembered from line to line: few stamps, hosts and names make most. Not to be moved. */
struct envelope_memory {
	struct stamp_memory stamp;
	struct envelope_program programs[ENVELOPE_PROGRAMS], other, multilog;
	char host[ENVELOPE_HOST];
	size_t host_len;
	char host_text[16]; /* of a short one with its blank: see same_head */
	uint32_t head_mask;
	uint32_t host_key;
};

/* See stamp_memory. */
struct envelope_memory envelope_memory(int year, int64_t reference);

/* An envelope whose parts came apart (the journal's fields). Spans are borrowed. */
void envelope_of(struct envelope_memory *memory, int64_t time_us, struct span host,
		 struct span program, uint32_t pid, struct span message, struct envelope *out);

/* False: not an envelope that is known; `out` is then undefined. */
MUST_USE bool envelope_read(struct envelope_memory *memory, struct span line, struct envelope *out);

#endif
