/*
 * Does an exchanger answer SMTP? Connects, waits for 220, says EHLO, says QUIT (RFC 5321); never
 * MAIL. With `rcpt` it also asks whether a bounce to that address would be taken: MAIL FROM:<>,
 * RCPT TO, RSET; never DATA.
 *
 * Blocks: for worker threads and the command line. The words of SMTP are spoken by libcurl.
 */
#ifndef PROBE_SMTP_H
#define PROBE_SMTP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define SMTP_TEXT 384

struct smtp_wish {
	const char *host;    /* the exchanger's name, with or without the final dot */
	const char *address; /* "192.0.2.26:25": asked there; "": at the host's own, port 25 */
	const char *rcpt;    /* NULL: not asked */
	bool tls;	     /* use STARTTLS where it is offered, and look at the certificate */
	int64_t timeout_ms;  /* for all of it */
	const atomic_bool *give_up; /* NULL, or ends it early when it turns true */
};

enum smtp_verdict {
	SMTP_ANSWERS,
	SMTP_FAILS,   /* no connection, no 220, not in time */
	SMTP_UNKNOWN, /* could not be asked: the name is not known here, or it was given up. Or it
			 said 4xx: alive, and too busy, as it may well be in a flood */
};

struct smtp_result {
	enum smtp_verdict verdict;
	bool starttls;	   /* EHLO offers it */
	bool tls;	   /* and it was used */
	bool tls_verified; /* and the certificate is for this name, by the system's authorities */
	int rcpt_code;	   /* the reply to RCPT, 0: not asked or no reply */
	char rcpt_sentence[SMTP_TEXT];
	char sentence[SMTP_TEXT]; /* "answers (220 mta2.example.jp ESMTP)", printable */
};

void smtp_probe(const struct smtp_wish *wish, struct smtp_result *out);

#endif
