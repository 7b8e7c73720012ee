#include "daemon/counters/poll_snmp.h"

#include "daemon/counters/poll_session.h"
#include "daemon/counters/poll_table.h"
#include "daemon/counters/poll_value.h"

#include <stdlib.h>

#define ITEMS BOARD_A_SOURCE
#define ITEMS_A_REQUEST 12 /* objects of one request: a datagram of well under 1,400 octets */

struct item {
	char series[BOARD_NAME];
	struct oid_path path;
	const struct oids_object *object; /* NULL: not known by name */
	bool first_row;
};

struct poll_snmp {
	struct poll_session_login login;
	int64_t timeout_us;
	bool host; /* cpu, memory and disk, too */
	unsigned count;
	struct item items[ITEMS];
};

static bool
add_item(struct poll_snmp *snmp, struct span series, struct span oid, bool first_row,
	 struct err *err)
{
	struct item *item = &snmp->items[snmp->count];

	if (snmp->count == ITEMS)
		return err_set(err, ERR_INPUT, "more than %d objects of one agent", ITEMS);
	if (!board_name(series) || !span_copy(series, item->series, sizeof(item->series)) ||
	    !oids_parse(oid, &item->path))
		return err_set(err, ERR_INPUT, "'%.*s' is not a name=OID", (int)series.len,
			       series.at);
	item->object = oids_object_of(&item->path);
	item->first_row = first_row;
	snmp->count++;
	return true;
}

static bool
add_set(struct poll_snmp *snmp, enum oids_set set, struct err *err)
{
	snmp->host = snmp->host || set == OIDS_HOST_RESOURCES;
	for (unsigned i = 0; i < oids_item_rows; i++) {
		const struct oids_item *row = &oids_items[i];
		const struct oids_object *object = oids_object_named(span_of(row->object));
		char oid[128];
		struct text text = TEXT(oid);

		if (row->set != set)
			continue;
		text_add(&text, row->first_row ? "%s" : "%s.%u", object->oid, row->instance);
		if (!add_item(snmp, span_of(row->series), span_of(oid), row->first_row, err))
			return false;
		snmp->items[snmp->count - 1].object = object;
	}
	return true;
}

static bool
add_own(struct poll_snmp *snmp, const char *text, struct err *err)
{
	struct span name = { text, strcspn(text, "=") };

	return add_item(snmp, name, span_after(span_of(text), name.len + 1), false, err);
}

struct poll_snmp *
poll_snmp_open(const struct poll_snmp_wish *wish, struct err *err)
{
	struct poll_snmp *snmp = calloc(1, sizeof(*snmp));
	bool ok = snmp || err_set(err, ERR_SYSTEM, "out of memory");

	poll_session_prepare();
	ok = ok && poll_session_login(wish->address, wish->secret, &snmp->login, err);
	for (unsigned i = 0; ok && i < wish->set_count; i++)
		ok = add_set(snmp, wish->sets[i], err);
	for (unsigned i = 0; ok && i < wish->oid_count; i++)
		ok = add_own(snmp, wish->oids[i], err);
	if (ok) {
		snmp->timeout_us = wish->timeout_us;
		return snmp;
	}
	poll_snmp_free(snmp);
	return NULL;
}

static void
add_null(netsnmp_pdu *pdu, const struct oid_path *path)
{
	oid name[OIDS_PARTS];

	for (unsigned i = 0; i < path->len; i++)
		name[i] = path->part[i];
	snmp_add_null_var(pdu, name, path->len);
}

/* Which life of the agent a sample is from, and when in it. */
struct life {
	bool uptime_known, boots_known;
	uint32_t uptime, boots;
};

static struct life
life_of(const struct poll_session *session, const netsnmp_variable_list *uptime)
{
	struct life life = { 0 };

	life.boots_known = poll_session_boots(session, &life.boots);
	if (uptime && uptime->type == ASN_TIMETICKS) {
		life.uptime_known = true;
		life.uptime = (uint32_t)*uptime->val.integer;
	}
	return life;
}

static bool
belongs(const struct item *item, const netsnmp_variable_list *variable)
{
	struct oid_path path;

	if (!poll_value_path(variable, &path))
		return false;
	if (item->first_row)
		return oids_below(&path, &item->path);
	return path.len == item->path.len &&
	       memcmp(path.part, item->path.part, path.len * sizeof(path.part[0])) == 0;
}

static void
take(const struct item *item, const netsnmp_variable_list *variable, const struct life *life,
     struct poll_result *out)
{
	struct counter_sample sample;
	const char *why = item->first_row ? "has no row" : "was answered with another object";

	if (!belongs(item, variable) || !poll_value_sample(variable, item->object, &sample, &why)) {
		poll_note(out, "%s %s", item->series, why);
		return;
	}
	sample.uptime_known = life->uptime_known;
	sample.uptime = life->uptime;
	sample.boots_known = life->boots_known;
	sample.boots = life->boots;
	poll_add(out, item->series, &sample);
}

/* Asks for these items and, with them, for sysUpTime: it belongs to the same moment. */
static bool
ask_some(struct poll_session *session, const struct item *const *items, unsigned count,
	 struct poll_result *out, struct err *err)
{
	bool next = items[0]->first_row;
	netsnmp_pdu *pdu = snmp_pdu_create(next ? SNMP_MSG_GETNEXT : SNMP_MSG_GET), *answer;
	const netsnmp_variable_list *variable;
	struct oid_path uptime;
	struct life life;

	if (!pdu || !oids_parse(next ? SPAN("1.3.6.1.2.1.1.3") : SPAN("sysUpTime.0"), &uptime))
		return err_set(err, ERR_SYSTEM, "out of memory");
	add_null(pdu, &uptime);
	for (unsigned i = 0; i < count; i++)
		add_null(pdu, &items[i]->path);
	if (!poll_session_ask(session, pdu, &answer, err))
		return false;
	variable = answer->variables;
	life = life_of(session, variable);
	for (unsigned i = 0; i < count; i++) {
		variable = variable ? variable->next_variable : NULL;
		if (!variable)
			break;
		take(items[i], variable, &life, out);
	}
	if (!variable)
		poll_note(out, "the agent's answer is short");
	snmp_free_pdu(answer);
	return true;
}

static bool
ask_items(const struct poll_snmp *snmp, struct poll_session *session, bool first_row,
	  struct poll_result *out, struct err *err)
{
	const struct item *some[ITEMS_A_REQUEST];
	unsigned count = 0;

	for (unsigned i = 0; i < snmp->count; i++) {
		if (snmp->items[i].first_row == first_row)
			some[count++] = &snmp->items[i];
		if (count == ITEMS_A_REQUEST) {
			if (!ask_some(session, some, count, out, err))
				return false;
			count = 0;
		}
	}
	return count == 0 || ask_some(session, some, count, out, err);
}

bool
poll_snmp_ask(struct poll_snmp *snmp, struct poll_result *out, struct err *err)
{
	struct poll_session session;
	bool ok;

	if (!poll_session_open(&snmp->login, snmp->timeout_us, &session, err))
		return false;
	ok = ask_items(snmp, &session, false, out, err) &&
	     ask_items(snmp, &session, true, out, err) &&
	     (!snmp->host || poll_table_host(&session, out, err));
	poll_session_close(&session);
	return ok;
}

void
poll_snmp_free(struct poll_snmp *snmp)
{
	if (snmp)
		explicit_bzero(&snmp->login, sizeof(snmp->login));
	free(snmp);
}
