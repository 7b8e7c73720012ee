#include "daemon/counters/trap.h"

#include "daemon/counters/poll_session.h"

/* 32473 is the enterprise number for documentation (RFC 5612). */
#define MXSPLIT 1, 3, 6, 1, 4, 1, 32473, 1
#define LENGTH(oids) (sizeof(oids) / sizeof((oids)[0]))

void
trap_prepare(void)
{
	poll_session_prepare();
}

static bool
add_text(netsnmp_pdu *pdu, oid object, const char *text)
{
	const oid name[] = { MXSPLIT, 1, object, 0 };

	return snmp_pdu_add_variable(pdu, name, LENGTH(name), ASN_OCTET_STR, text, strlen(text));
}

/* The two first are those that RFC 3416 wants; the rest in the order of the MIB. */
static bool
fill(netsnmp_pdu *pdu, const struct trap *trap)
{
	static const oid uptime[] = { 1, 3, 6, 1, 2, 1, 1, 3, 0 };
	static const oid which[] = { 1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0 };
	static const oid id[] = { MXSPLIT, 1, 6, 0 };
	static const oid last[] = {
		[NOTICE_FIRING] = 1, [NOTICE_RESOLVED] = 2, [NOTICE_EVENT] = 3
	};
	struct notice_meaning meaning = notice_meaning(span_of(trap->kind));
	const oid notification[] = { MXSPLIT, 0, last[meaning.phase] };
	uint32_t ticks = (uint32_t)((uint64_t)trap->up_seconds * 100);
	uint32_t number = (uint32_t)trap->id;

	return snmp_pdu_add_variable(pdu, uptime, LENGTH(uptime), ASN_TIMETICKS, &ticks,
				     sizeof(ticks)) &&
	       snmp_pdu_add_variable(pdu, which, LENGTH(which), ASN_OBJECT_ID, notification,
				     sizeof(notification)) &&
	       add_text(pdu, 1, trap->kind) && add_text(pdu, 2, trap->domain) &&
	       add_text(pdu, 3, trap->text) && add_text(pdu, 4, meaning.severity) &&
	       add_text(pdu, 5, meaning.alert) &&
	       snmp_pdu_add_variable(pdu, id, LENGTH(id), ASN_UNSIGNED, &number, sizeof(number));
}

static bool
inform(const struct trap *trap, struct poll_session_login *login, struct err *err)
{
	struct poll_session session;
	netsnmp_pdu *pdu, *answer = NULL;
	bool ok;

	if (!poll_session_open(login, trap->timeout_us, &session, err))
		return false;
	pdu = snmp_pdu_create(SNMP_MSG_INFORM);
	if (pdu && fill(pdu, trap)) {
		ok = poll_session_ask(&session, pdu, &answer, err);
	} else {
		snmp_free_pdu(pdu);
		ok = err_set(err, ERR_SYSTEM, "out of memory");
	}
	if (answer)
		snmp_free_pdu(answer);
	poll_session_close(&session);
	return ok;
}

bool
trap_send(const struct trap *trap, struct err *err)
{
	struct poll_session_login login;
	struct poll_secret secret;
	bool ok;

	if (!poll_secret_read(trap->secret_file, &secret, err))
		return false;
	ok = poll_session_login(trap->address, &secret, &login, err);
	explicit_bzero(&secret, sizeof(secret));
	if (!ok)
		return false;
	ok = inform(trap, &login, err);
	if (login.engine_len)
		free_enginetime(login.engine, login.engine_len);
	explicit_bzero(&login, sizeof(login));
	return ok;
}
