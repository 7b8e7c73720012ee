#include "daemon/counters/poll_session.h"

#include "daemon/base/text.h"
#include "daemon/sys/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net-snmp/library/large_fd_set.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

#define TRIES 3 /* datagrams sent for one request, evenly in time */
#define SLICE_MS 100

/* Held while a conversation is open: by counters, and by notices. */
static pthread_mutex_t talking = PTHREAD_MUTEX_INITIALIZER;

struct answer {
	bool done;
	int operation;
	netsnmp_pdu *pdu;
};

void
poll_session_prepare(void)
{
	static bool done;
	static const int yes[] = { NETSNMP_DS_LIB_DONT_READ_CONFIGS,
				   NETSNMP_DS_LIB_DONT_PERSIST_STATE,
				   NETSNMP_DS_LIB_DISABLE_PERSISTENT_LOAD,
				   NETSNMP_DS_LIB_DISABLE_PERSISTENT_SAVE };

	if (done)
		return;
	done = true;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, yes[i], 1);
	/* certificates are looked for, and listed in the persistent directory: in none */
	set_persistent_directory("/dev/null/none");
	set_configuration_directory("/dev/null/none");
	setenv("MIBS", "", 1);
	setenv("MIBDIRS", "", 1);
	snmp_disable_log();
	init_snmp("mxsplitd");
	unsetenv("MIBS");
	unsetenv("MIBDIRS");
}

static bool
read_address(const char *text, struct poll_session_login *login)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&login->address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&login->address;
	const char *colon = strrchr(text, ':');
	bool bracketed = text[0] == '[';
	char host[64];
	struct span alone = { text + bracketed,
			      colon ? (size_t)(colon - text) - 2 * (size_t)bracketed : 0 };
	uint16_t port = htons((uint16_t)(colon ? strtoul(colon + 1, NULL, 10) : 0));
	struct text peer = TEXT(login->peer);

	if (!span_copy(alone, host, sizeof(host)))
		return false;
	text_add(&peer, bracketed ? "udp6:%s" : "udp:%s", text);
	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = port;
		return !peer.cut;
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = port;
	return inet_pton(AF_INET6, host, &v6->sin6_addr) == 1 && !peer.cut;
}

static bool
derive(const char *phrase, const struct poll_session_login *login, u_char *key, size_t *length)
{
	return generate_Ku(login->auth_protocol, (u_int)login->auth_protocol_len,
			   (const u_char *)phrase, strlen(phrase), key, length) == SNMPERR_SUCCESS;
}

bool
poll_session_login(const char *address, const struct poll_secret *secret,
		   struct poll_session_login *out, struct err *err)
{
	static const struct {
		oid *protocol;
		size_t length;
	} auths[] = {
		[POLL_SECRET_SHA] = { usmHMACSHA1AuthProtocol,
				      OID_LENGTH(usmHMACSHA1AuthProtocol) },
		[POLL_SECRET_SHA224] = { usmHMAC128SHA224AuthProtocol,
					 OID_LENGTH(usmHMAC128SHA224AuthProtocol) },
		[POLL_SECRET_SHA256] = { usmHMAC192SHA256AuthProtocol,
					 OID_LENGTH(usmHMAC192SHA256AuthProtocol) },
		[POLL_SECRET_SHA384] = { usmHMAC256SHA384AuthProtocol,
					 OID_LENGTH(usmHMAC256SHA384AuthProtocol) },
		[POLL_SECRET_SHA512] = { usmHMAC384SHA512AuthProtocol,
					 OID_LENGTH(usmHMAC384SHA512AuthProtocol) },
	};
	struct poll_session_login login = { .v3 = secret->v3,
					    .auth_protocol = auths[secret->auth].protocol,
					    .auth_protocol_len = auths[secret->auth].length,
					    .auth_key_len = sizeof(login.auth_key),
					    .priv_key_len = sizeof(login.priv_key) };
	bool ok = read_address(address, &login);

	if (!ok)
		return err_set(err, ERR_INPUT, "%s is not an address with its port", address);
	span_copy(span_of(secret->community), login.community, sizeof(login.community));
	span_copy(span_of(secret->user), login.user, sizeof(login.user));
	if (secret->v3 &&
	    (!derive(secret->auth_phrase, &login, login.auth_key, &login.auth_key_len) ||
	     !derive(secret->priv_phrase, &login, login.priv_key, &login.priv_key_len)))
		ok = err_set(err, ERR_SYSTEM, "the keys of user %s cannot be derived", login.user);
	if (ok)
		*out = login;
	explicit_bzero(&login, sizeof(login));
	return ok;
}

static bool
silent(const struct poll_session_login *login, struct err *err)
{
	if (login->v3)
		return err_set(err, ERR_BUSY, "no answer in time: the agent is down");
	return err_set(err, ERR_BUSY,
		       "no answer in time: the agent is down, or does not answer to this "
		       "community");
}

static bool
refused(const struct poll_session_login *login, int code, struct err *err)
{
	if (code == SNMPERR_TIMEOUT)
		return silent(login, err);
	if (code == SNMPERR_UNKNOWN_USER_NAME)
		return err_set(err, ERR_REFUSED, "the agent does not know the user %s",
			       login->user);
	if (code == SNMPERR_AUTHENTICATION_FAILURE)
		return err_set(err, ERR_REFUSED,
			       "authentication of the user %s failed: wrong passphrase or protocol",
			       login->user);
	if (code == SNMPERR_DECRYPTION_ERR)
		return err_set(err, ERR_REFUSED,
			       "the agent cannot decrypt what the user %s says: wrong privacy "
			       "passphrase or protocol",
			       login->user);
	return err_set(err, ERR_REFUSED, "%s", snmp_api_errstring(code));
}

/* From here on only datagrams of the agent's own address and port arrive, and its refusals. */
static bool
pin(const struct poll_session *session)
{
	netsnmp_transport *transport = snmp_sess_transport(session->handle);

	return transport &&
	       connect(transport->sock, (const struct sockaddr *)&session->login->address,
		       session->login->address.ss_family == AF_INET
			       ? sizeof(struct sockaddr_in)
			       : sizeof(struct sockaddr_in6)) == 0;
}

/* Tables inside net-snmp keep what they know of an engine for ever: only the last one stays. */
static void
keep_engine(const struct poll_session *session)
{
	const netsnmp_session *own = snmp_sess_session(session->handle);
	struct poll_session_login *login = session->login;

	if (!own->securityEngineIDLen || own->securityEngineIDLen > sizeof(login->engine))
		return;
	if (login->engine_len &&
	    (login->engine_len != own->securityEngineIDLen ||
	     memcmp(login->engine, own->securityEngineID, login->engine_len) != 0))
		free_enginetime(login->engine, login->engine_len);
	memcpy(login->engine, own->securityEngineID, own->securityEngineIDLen);
	login->engine_len = own->securityEngineIDLen;
}

static void
fill_v3(const struct poll_session_login *login, netsnmp_session *wanted)
{
	wanted->version = SNMP_VERSION_3;
	wanted->securityModel = USM_SEC_MODEL_NUMBER;
	wanted->securityLevel = SNMP_SEC_LEVEL_AUTHPRIV;
	wanted->securityName = (char *)login->user;
	wanted->securityNameLen = strlen(login->user);
	wanted->securityAuthProto = login->auth_protocol;
	wanted->securityAuthProtoLen = login->auth_protocol_len;
	wanted->securityPrivProto = usmAESPrivProtocol;
	wanted->securityPrivProtoLen = OID_LENGTH(usmAESPrivProtocol);
	memcpy(wanted->securityAuthKey, login->auth_key, login->auth_key_len);
	wanted->securityAuthKeyLen = login->auth_key_len;
	memcpy(wanted->securityPrivKey, login->priv_key, login->priv_key_len);
	wanted->securityPrivKeyLen = login->priv_key_len;
}

bool
poll_session_open(struct poll_session_login *login, int64_t timeout_us, struct poll_session *out,
		  struct err *err)
{
	struct poll_session session = { .login = login };
	netsnmp_session wanted;

	snmp_sess_init(&wanted);
	wanted.peername = login->peer;
	wanted.timeout = (long)(timeout_us / TRIES);
	wanted.retries = TRIES - 1;
	if (login->v3) {
		fill_v3(login, &wanted);
	} else {
		wanted.version = SNMP_VERSION_2c;
		wanted.community = (u_char *)login->community;
		wanted.community_len = strlen(login->community);
	}
	pthread_mutex_lock(&talking);
	session.deadline_us = clock_steady_us() + timeout_us;
	session.handle = snmp_sess_open(&wanted);
	explicit_bzero(wanted.securityAuthKey, sizeof(wanted.securityAuthKey));
	explicit_bzero(wanted.securityPrivKey, sizeof(wanted.securityPrivKey));
	if (!session.handle) {
		pthread_mutex_unlock(&talking);
		return refused(login, wanted.s_snmp_errno, err);
	}
	if (!pin(&session)) {
		err_set(err, ERR_SYSTEM, "%s cannot be reached: %s", login->peer, strerror(errno));
		poll_session_close(&session);
		return false;
	}
	if (login->v3)
		keep_engine(&session);
	*out = session;
	return true;
}

static int
take(int operation, netsnmp_session *session, int request, netsnmp_pdu *pdu, void *ctx)
{
	struct answer *answer = ctx;

	(void)session;
	(void)request;
	if (operation == NETSNMP_CALLBACK_OP_RESEND || operation == NETSNMP_CALLBACK_OP_CONNECT ||
	    answer->done)
		return 1;
	answer->done = true;
	answer->operation = operation;
	if (pdu && (operation == NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE ||
		    operation == NETSNMP_CALLBACK_OP_SEC_ERROR))
		answer->pdu = snmp_clone_pdu(pdu);
	return 1;
}

/* Waits for one datagram or a little. False: the kernel says that the other side refused. */
static bool
turn(const struct poll_session *session, int64_t left_us)
{
	int fd = snmp_sess_transport(session->handle)->sock;
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	int timeout = left_us / 1000 < SLICE_MS ? (int)(left_us / 1000) + 1 : SLICE_MS;
	netsnmp_large_fd_set set;
	bool ok = true;

	if (poll(&wait, 1, timeout) <= 0) {
		snmp_sess_timeout(session->handle);
		return true;
	}
	if (wait.revents & POLLERR) {
		int code = 0;
		socklen_t length = sizeof(code);

		getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &length);
		errno = code;
		return code == 0;
	}
	netsnmp_large_fd_set_init(&set, fd + 1);
	NETSNMP_LARGE_FD_SET(fd, &set);
	errno = 0;
	ok = snmp_sess_read2(session->handle, &set) == 0 || errno != ECONNREFUSED;
	netsnmp_large_fd_set_cleanup(&set);
	return ok;
}

static bool
judge(const struct poll_session *session, const struct answer *answer, struct err *err)
{
	const netsnmp_pdu *pdu = answer->pdu;

	if (!answer->done || answer->operation == NETSNMP_CALLBACK_OP_TIMED_OUT)
		return session->login->v3 /* whose engine did answer a moment ago */
			       ? err_set(err, ERR_BUSY,
					 "no answer in time, but the agent is there: the privacy "
					 "passphrase or protocol of the user %s may be wrong",
					 session->login->user)
			       : silent(session->login, err);
	if (!pdu)
		return err_set(err, ERR_REFUSED, "%s",
			       answer->operation == NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE
				       ? "out of memory"
				       : "the request could not be sent or was not accepted");
	if (pdu->command == SNMP_MSG_REPORT)
		return refused(session->login, snmpv3_get_report_type(answer->pdu), err);
	if (pdu->command != SNMP_MSG_RESPONSE)
		return err_set(err, ERR_INPUT, "the agent's answer is not a response");
	if (pdu->errstat != SNMP_ERR_NOERROR)
		return err_set(err, ERR_REFUSED, "the agent answers with an error: %s",
			       snmp_errstring((int)pdu->errstat));
	return true;
}

bool
poll_session_ask(struct poll_session *session, netsnmp_pdu *request, netsnmp_pdu **answer_out,
		 struct err *err)
{
	struct answer answer = { 0 };
	int64_t left;
	bool heard = true;

	if (!snmp_sess_async_send(session->handle, request, take, &answer)) {
		int code = SNMPERR_GENERR;

		snmp_sess_error(session->handle, NULL, &code, NULL);
		snmp_free_pdu(request);
		return refused(session->login, code, err);
	}
	while (!answer.done && heard && (left = session->deadline_us - clock_steady_us()) > 0)
		heard = turn(session, left);
	if (!heard)
		err_set(err, ERR_BUSY, "the agent does not listen: %s", strerror(errno));
	else if (judge(session, &answer, err)) {
		*answer_out = answer.pdu;
		return true;
	}
	if (answer.pdu)
		snmp_free_pdu(answer.pdu);
	return false;
}

bool
poll_session_boots(const struct poll_session *session, uint32_t *boots_out)
{
	const netsnmp_session *own = snmp_sess_session(session->handle);
	u_int boots = 0, time = 0;

	if (!session->login->v3 ||
	    get_enginetime(own->securityEngineID, (u_int)own->securityEngineIDLen, &boots, &time,
			   TRUE) != SNMPERR_SUCCESS)
		return false;
	*boots_out = boots;
	return true;
}

/* The user that the session has made for itself stays in net-snmp's table, with its keys. */
static void
forget_user(const netsnmp_session *own)
{
	struct usmUser *user =
		usm_get_user(own->securityEngineID, own->securityEngineIDLen, own->securityName);

	if (user) {
		usm_remove_user(user);
		usm_free_user(user);
	}
}

void
poll_session_close(struct poll_session *session)
{
	if (!session->handle)
		return;
	if (session->login->v3)
		forget_user(snmp_sess_session(session->handle));
	snmp_sess_close(session->handle);
	session->handle = NULL;
	pthread_mutex_unlock(&talking);
}
