#include "daemon/core/oids.h"

#include "daemon/base/names.h"
#include "daemon/base/scan.h"

#define MTA "1.3.6.1.2.1.28.1.1."
#define HOST "1.3.6.1.2.1.25."

const struct oids_object oids_objects[] = {
	{ "sysUpTime", "1.3.6.1.2.1.1.3", COUNTER_TIMETICKS, 1 },
	{ "laLoadInt", "1.3.6.1.4.1.2021.10.1.5", COUNTER_GAUGE, 0.01 },
	{ "hrSystemUptime", HOST "1.1", COUNTER_TIMETICKS, 1 },
	{ "hrSystemNumUsers", HOST "1.5", COUNTER_GAUGE, 1 },
	{ "hrSystemProcesses", HOST "1.6", COUNTER_GAUGE, 1 },
	{ "hrStorageSize", HOST "2.3.1.5", COUNTER_GAUGE, 1 },
	{ "hrStorageUsed", HOST "2.3.1.6", COUNTER_GAUGE, 1 },
	{ "hrProcessorLoad", HOST "3.3.1.2", COUNTER_GAUGE, 1 },
	{ "mtaReceivedMessages", MTA "1", COUNTER_32, 1 },
	{ "mtaStoredMessages", MTA "2", COUNTER_GAUGE, 1 },
	{ "mtaTransmittedMessages", MTA "3", COUNTER_32, 1 },
	{ "mtaReceivedVolume", MTA "4", COUNTER_32, 1 },
	{ "mtaStoredVolume", MTA "5", COUNTER_GAUGE, 1 },
	{ "mtaTransmittedVolume", MTA "6", COUNTER_32, 1 },
	{ "mtaReceivedRecipients", MTA "7", COUNTER_32, 1 },
	{ "mtaStoredRecipients", MTA "8", COUNTER_GAUGE, 1 },
	{ "mtaTransmittedRecipients", MTA "9", COUNTER_32, 1 },
	{ "mtaSuccessfulConvertedMessages", MTA "10", COUNTER_32, 1 },
	{ "mtaFailedConvertedMessages", MTA "11", COUNTER_32, 1 },
	{ "mtaLoopsDetected", MTA "12", COUNTER_32, 1 },
};
const unsigned oids_object_rows = sizeof(oids_objects) / sizeof(oids_objects[0]);

/* cpu, memory and disk are made of whole tables by whoever asks. */
const struct oids_item oids_items[] = {
	{ OIDS_UCD_LOAD, "load1", "laLoadInt", 1, false },
	{ OIDS_UCD_LOAD, "load5", "laLoadInt", 2, false },
	{ OIDS_UCD_LOAD, "load15", "laLoadInt", 3, false },
	{ OIDS_HOST_RESOURCES, "processes", "hrSystemProcesses", 0, false },
	{ OIDS_MTA_MIB, "received", "mtaReceivedMessages", 0, true },
	{ OIDS_MTA_MIB, "stored", "mtaStoredMessages", 0, true },
	{ OIDS_MTA_MIB, "transmitted", "mtaTransmittedMessages", 0, true },
	{ OIDS_MTA_MIB, "received-volume", "mtaReceivedVolume", 0, true },
	{ OIDS_MTA_MIB, "stored-volume", "mtaStoredVolume", 0, true },
	{ OIDS_MTA_MIB, "transmitted-volume", "mtaTransmittedVolume", 0, true },
	{ OIDS_MTA_MIB, "received-recipients", "mtaReceivedRecipients", 0, true },
	{ OIDS_MTA_MIB, "stored-recipients", "mtaStoredRecipients", 0, true },
	{ OIDS_MTA_MIB, "transmitted-recipients", "mtaTransmittedRecipients", 0, true },
	{ OIDS_MTA_MIB, "loops", "mtaLoopsDetected", 0, true },
};
const unsigned oids_item_rows = sizeof(oids_items) / sizeof(oids_items[0]);

static const struct name sets[] = { { OIDS_UCD_LOAD, "ucd-load" },
				    { OIDS_HOST_RESOURCES, "host-resources" },
				    { OIDS_MTA_MIB, "mta-mib" } };

const char *
oids_set_name(enum oids_set set)
{
	return names_name(sets, sizeof(sets) / sizeof(sets[0]), set);
}

bool
oids_set_from_name(struct span name, enum oids_set *set_out)
{
	int value;

	if (!names_value(sets, sizeof(sets) / sizeof(sets[0]), name, &value))
		return false;
	*set_out = (enum oids_set)value;
	return true;
}

/* Adds ".1.3.6" or "1.3.6" to the path. RFC 2578, section 3.5: at most 128 parts; we take fewer. */
static bool
add_numbers(struct scan *scan, struct oid_path *path)
{
	do {
		uint32_t part = (uint32_t)scan_number(scan, UINT32_MAX);

		if (scan->failed || path->len == OIDS_PARTS)
			return false;
		path->part[path->len++] = part;
	} while (scan_maybe(scan, SPAN(".")));
	return scan_done(scan);
}

bool
oids_parse(struct span text, struct oid_path *out)
{
	struct oid_path path = { 0 };
	struct scan scan = scan_over(text), root;
	const char *dot = text.len ? memchr(text.at, '.', text.len) : NULL;
	const struct oids_object *object = NULL;

	if (dot)
		object = oids_object_named((struct span){ text.at, (size_t)(dot - text.at) });
	if (object) {
		root = scan_over(span_of(object->oid));
		scan = scan_over(span_after(text, strlen(object->name) + 1));
		if (!add_numbers(&root, &path))
			return false;
	} else {
		scan_maybe(&scan, SPAN("."));
	}
	if (!add_numbers(&scan, &path) || path.len < 3 || path.part[0] > 2)
		return false;
	*out = path;
	return true;
}

bool
oids_below(const struct oid_path *path, const struct oid_path *root)
{
	return path->len > root->len &&
	       memcmp(path->part, root->part, root->len * sizeof(root->part[0])) == 0;
}

const struct oids_object *
oids_object_of(const struct oid_path *path)
{
	for (unsigned i = 0; i < oids_object_rows; i++) {
		struct oid_path root;

		if (oids_parse(span_of(oids_objects[i].oid), &root) && oids_below(path, &root))
			return &oids_objects[i];
	}
	return NULL;
}

const struct oids_object *
oids_object_named(struct span name)
{
	for (unsigned i = 0; i < oids_object_rows; i++)
		if (span_equal(span_of(oids_objects[i].name), name))
			return &oids_objects[i];
	return NULL;
}
