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
#define ENVELOPE_TAG 32 /* bytes; longer tags are read each time */
#define ENVELOPE_TAGS 256
#define ENVELOPE_REPEATS 1000000 /* largest believed "repeated N times" */

/* Who wrote the line down. */
enum envelope_shape {
	ENVELOPE_SYSLOG,   /* a syslog daemon, or the program in that form */
	ENVELOPE_EXIM,	   /* Exim itself: no host, no tag */
	ENVELOPE_MULTILOG, /* multilog of daemontools: no host, no tag, no pid */
};

struct envelope {
	int64_t time_us;
	enum envelope_shape shape;
	struct span host;     /* empty when the line has none */
	struct span program;  /* the whole tag without [pid]: "postfix/submission/smtpd" */
	struct span instance; /* what stands before the last '/': "postfix/submission", or empty */
	struct span daemon;   /* what stands after it: "smtpd" */
	struct span group;    /* what stands before the first '/': "postfix", or empty */
	struct span message;
	uint32_t pid;	    /* 0 when the line has none */
	uint32_t host_key;  /* a hash of the host */
	uint32_t group_key; /* a hash of the group */
	unsigned repeat;    /* the message happened so many times */
	bool repeats_last; /* "last message repeated N times": the previous line of this host did */
	uint8_t *claim; /* where whoever reads messages may remember whose tag this is, or NULL */
};

/* A tag that was read; the spans are in its own text. */
struct envelope_tag {
	char text[ENVELOPE_TAG];
	struct span program, instance, daemon, group;
	uint32_t pid, group_key;
	uint8_t len;
	uint8_t claim[2]; /* 0 until somebody writes to it */
};

/* What is remembered from line to line: few stamps, hosts and tags make most. Not to be moved. */
struct envelope_memory {
	struct stamp_memory stamp;
	struct envelope_tag tags[ENVELOPE_TAGS];
	char host[ENVELOPE_HOST];
	size_t host_len;
	uint64_t host_word, host_mask; /* its first eight bytes, and which of them there are */
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
