/*
 * Inside daemon/counters only: one conversation with an SNMP agent, over net-snmp's single-session
 * API, blocking, with one deadline for all of it. Sessions of v3 share tables inside net-snmp that
 * nothing locks: only one conversation runs at a time, another waits in poll_session_open.
 */
#ifndef COUNTERS_POLL_SESSION_H
#define COUNTERS_POLL_SESSION_H

#include "daemon/counters/poll_secret.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <stdint.h>
#include <sys/socket.h>

#define POLL_SESSION_ENGINE 32 /* RFC 3411: an engine id has at most 32 octets */

struct poll_session_login {
	char peer[80];			 /* "udp:192.0.2.25:161" */
	struct sockaddr_storage address; /* the same */
	bool v3;
	char community[POLL_SECRET_WORD];
	char user[POLL_SECRET_USER];
	oid *auth_protocol;
	size_t auth_protocol_len;
	u_char auth_key[USM_AUTH_KU_LEN], priv_key[USM_PRIV_KU_LEN];
	size_t auth_key_len, priv_key_len;
	u_char engine[POLL_SESSION_ENGINE]; /* the agent's, when it was last asked */
	size_t engine_len;
};

struct poll_session {
	void *handle; /* net-snmp's */
	struct poll_session_login *login;
	int64_t deadline_us; /* monotonic */
};

/* Once for the process, before the first session: no files are read or written, nothing logged. */
void poll_session_prepare(void);

/* From "192.0.2.25:161" and a secret; derives the keys (milliseconds). */
MUST_USE bool poll_session_login(const char *address, const struct poll_secret *secret,
				 struct poll_session_login *out, struct err *err);

/* Opens it, when no other is open; v3 asks for the agent's engine id here, at most `timeout_us`
 * long. */
MUST_USE bool poll_session_open(struct poll_session_login *login, int64_t timeout_us,
				struct poll_session *out, struct err *err);

/* Sends the request (which it takes) and waits; the answer, free of errors, is the caller's. */
MUST_USE bool poll_session_ask(struct poll_session *session, netsnmp_pdu *request,
			       netsnmp_pdu **answer_out, struct err *err);

/* How often the agent's engine was booted, as it has proved (v3). */
bool poll_session_boots(const struct poll_session *session, uint32_t *boots_out);

void poll_session_close(struct poll_session *session);

#endif
