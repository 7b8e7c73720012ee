#include "daemon/counters/poll_table.h"

#include "daemon/counters/poll_value.h"

#define ROWS_A_REQUEST 20
#define STORAGE_TYPES "1.3.6.1.2.1.25.2.1"
#define STORAGE_RAM 2
#define STORAGE_FIXED_DISK 4

struct cell { /* of a column whose rows have an index of one number */
	uint32_t index;
	int64_t value;
};

struct column {
	unsigned count;
	struct cell cells[POLL_TABLE_ROWS];
};

/* hrStorageType is a name: its last number, when it is one of the standard's. */
static int64_t
value_of(const netsnmp_variable_list *variable)
{
	struct oid_path types, path = { 0 };

	if (variable->type != ASN_OBJECT_ID)
		return poll_value_integer(variable);
	if (!oids_parse(SPAN(STORAGE_TYPES), &types) ||
	    variable->val_len / sizeof(oid) != types.len + 1)
		return -1;
	path.len = types.len + 1;
	for (unsigned i = 0; i < path.len; i++)
		path.part[i] = (uint32_t)variable->val.objid[i];
	return oids_below(&path, &types) ? (int64_t)path.part[types.len] : -1;
}

/*
 * Takes what belongs to the column, in rising order (an agent that goes in circles ends there).
 * True: there may be more, after the name left in `at`.
 */
static bool
take(struct column *column, const netsnmp_variable_list *variable, const struct oid_path *root,
     struct oid_path *at)
{
	unsigned before = column->count;

	for (; variable; variable = variable->next_variable) {
		struct oid_path path;
		uint32_t index;

		if (!poll_value_path(variable, &path) || !oids_below(&path, root) ||
		    path.len != root->len + 1 || variable->type >= SNMP_NOSUCHOBJECT)
			return false;
		index = path.part[root->len];
		if (column->count == POLL_TABLE_ROWS ||
		    (column->count && index <= column->cells[column->count - 1].index))
			return false;
		column->cells[column->count++] = (struct cell){ index, value_of(variable) };
		*at = path;
	}
	return column->count > before;
}

static bool
read_column(struct poll_session *session, struct span column_oid, struct column *out,
	    struct err *err)
{
	struct oid_path root, at;
	bool more = oids_parse(column_oid, &root);

	at = root;
	out->count = 0;
	while (more) {
		netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_GETBULK), *answer;
		struct oid_path from = at;
		oid name[OIDS_PARTS];

		if (!pdu)
			return err_set(err, ERR_SYSTEM, "out of memory");
		pdu->non_repeaters = 0;
		pdu->max_repetitions = ROWS_A_REQUEST;
		for (unsigned i = 0; i < from.len; i++)
			name[i] = from.part[i];
		snmp_add_null_var(pdu, name, from.len);
		if (!poll_session_ask(session, pdu, &answer, err))
			return false;
		more = take(out, answer->variables, &root, &at);
		snmp_free_pdu(answer);
	}
	return true;
}

static bool
add_cpu(struct poll_session *session, struct poll_result *out, struct err *err)
{
	struct column loads;
	double sum = 0;
	unsigned count = 0;

	if (!read_column(session, SPAN("1.3.6.1.2.1.25.3.3.1.2"), &loads, err))
		return false;
	for (unsigned i = 0; i < loads.count; i++)
		if (loads.cells[i].value >= 0 && loads.cells[i].value <= 100) {
			sum += (double)loads.cells[i].value;
			count++;
		}
	if (count)
		poll_level(out, "cpu", sum / count);
	else
		poll_note(out, "cpu: the agent shows no hrProcessorLoad");
	return true;
}

static int64_t
cell_at(const struct column *column, uint32_t index)
{
	for (unsigned i = 0; i < column->count; i++)
		if (column->cells[i].index == index)
			return column->cells[i].value;
	return -1;
}

static bool
add_storage(struct poll_session *session, struct poll_result *out, struct err *err)
{
	struct column types, sizes, used;
	double memory = -1, disk = -1;

	if (!read_column(session, SPAN("1.3.6.1.2.1.25.2.3.1.2"), &types, err) ||
	    !read_column(session, SPAN("1.3.6.1.2.1.25.2.3.1.5"), &sizes, err) ||
	    !read_column(session, SPAN("1.3.6.1.2.1.25.2.3.1.6"), &used, err))
		return false;
	for (unsigned i = 0; i < types.count; i++) {
		int64_t size = cell_at(&sizes, types.cells[i].index);
		int64_t full = cell_at(&used, types.cells[i].index);
		double percent = size > 0 ? 100 * (double)full / (double)size : -1;

		if (full < 0 || full > size)
			continue;
		if (types.cells[i].value == STORAGE_RAM && memory < 0)
			memory = percent;
		if (types.cells[i].value == STORAGE_FIXED_DISK && percent > disk)
			disk = percent;
	}
	if (memory >= 0)
		poll_level(out, "memory", memory);
	if (disk >= 0)
		poll_level(out, "disk", disk);
	if (memory < 0)
		poll_note(out, "memory: the agent shows no storage of type hrStorageRam");
	return true;
}

bool
poll_table_host(struct poll_session *session, struct poll_result *out, struct err *err)
{
	return add_cpu(session, out, err) && add_storage(session, out, err);
}
