/*
 * Object identifiers, and the objects and ready sets that are known by name: no MIB files.
 *
 *   ucd-load        UCD-SNMP-MIB laTable: load1, load5, load15
 *   host-resources  RFC 2790: cpu (mean of all processors), processes, memory and disk (percent)
 *   mta-mib         RFC 2789 mtaTable, its first row: received, stored, transmitted, ...
 */
#ifndef CORE_OIDS_H
#define CORE_OIDS_H

#include "daemon/core/counter.h"

#define OIDS_PARTS 64

struct oid_path {
	unsigned len;
	uint32_t part[OIDS_PARTS];
};

enum oids_set { OIDS_UCD_LOAD, OIDS_HOST_RESOURCES, OIDS_MTA_MIB, OIDS_SETS };

struct oids_object {
	const char *name; /* "laLoadInt" */
	const char *oid;  /* "1.3.6.1.4.1.2021.10.1.5" */
	enum counter_kind kind;
	double scale; /* of the value */
};

struct oids_item { /* of a ready set */
	enum oids_set set;
	const char *series; /* "load1" */
	const char *object; /* "laLoadInt" */
	uint32_t instance;
	bool first_row; /* whatever the first instance is */
};

extern const struct oids_object oids_objects[];
extern const unsigned oids_object_rows;
extern const struct oids_item oids_items[];
extern const unsigned oids_item_rows;

const char *oids_set_name(enum oids_set set);
bool oids_set_from_name(struct span name, enum oids_set *set_out);

/* "1.3.6.1.2.1.1.3.0", with or without a dot before it, or "sysUpTime.0". */
bool oids_parse(struct span text, struct oid_path *out);

/* The known object that this path is, or is an instance of; NULL when there is none. */
const struct oids_object *oids_object_of(const struct oid_path *path);

/* The known object of this name, or NULL. */
const struct oids_object *oids_object_named(struct span name);

bool oids_below(const struct oid_path *path, const struct oid_path *root);

#endif
