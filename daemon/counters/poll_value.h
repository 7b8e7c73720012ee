/*
 * Inside daemon/counters only: what an agent's answer holds, as samples.
 */
#ifndef COUNTERS_POLL_VALUE_H
#define COUNTERS_POLL_VALUE_H

#include "daemon/core/oids.h"
#include "daemon/counters/poll.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

/*
 * A sample of one variable; `object` is what we know of it, or NULL. A sentence says why there is
 * none: noSuchObject, another type than the object has, a text that is no number.
 */
MUST_USE bool poll_value_sample(const netsnmp_variable_list *variable,
				const struct oids_object *object, struct counter_sample *out,
				const char **why_out);

/* The name of a variable; false when it is longer than we take. */
bool poll_value_path(const netsnmp_variable_list *variable, struct oid_path *out);

/* An integer of a table's cell, or -1. */
int64_t poll_value_integer(const netsnmp_variable_list *variable);

#endif
