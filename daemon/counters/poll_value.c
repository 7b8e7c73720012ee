#include "daemon/counters/poll_value.h"

static void
set_level(struct counter_sample *sample, double level)
{
	sample->kind = COUNTER_GAUGE;
	sample->level = level;
}

static void
set_count(struct counter_sample *sample, enum counter_kind kind, uint64_t count)
{
	sample->kind = kind;
	sample->count = count;
}

static bool
read_any(const netsnmp_variable_list *variable, struct counter_sample *out, const char **why_out)
{
	double level = 0;
	bool text;

	switch (variable->type) {
	case ASN_INTEGER:
		set_level(out, (double)*variable->val.integer);
		return true;
	case ASN_GAUGE:
		set_level(out, (double)(uint32_t)*variable->val.integer);
		return true;
	case ASN_COUNTER:
		set_count(out, COUNTER_32, (uint32_t)*variable->val.integer);
		return true;
	case ASN_TIMETICKS:
		set_count(out, COUNTER_TIMETICKS, (uint32_t)*variable->val.integer);
		return true;
	case ASN_COUNTER64:
		set_count(out, COUNTER_64,
			  (uint64_t)(uint32_t)variable->val.counter64->high << 32 |
				  (uint32_t)variable->val.counter64->low);
		return true;
	case ASN_OPAQUE_FLOAT:
		set_level(out, (double)*variable->val.floatVal);
		return true;
	case ASN_OPAQUE_DOUBLE:
		set_level(out, *variable->val.doubleVal);
		return true;
	case ASN_OCTET_STR: /* what an `extend` script printed */
		text = poll_decimal(
			(struct span){ (const char *)variable->val.string, variable->val_len },
			&level);
		set_level(out, level);
		*why_out = "is a text that is no number";
		return text;
	case SNMP_NOSUCHOBJECT:
		*why_out = "is not known to the agent (noSuchObject)";
		return false;
	case SNMP_NOSUCHINSTANCE:
	case SNMP_ENDOFMIBVIEW:
		*why_out = "is not there (noSuchInstance)";
		return false;
	default:
		*why_out = "has a type that is no number";
		return false;
	}
}

bool
poll_value_sample(const netsnmp_variable_list *variable, const struct oids_object *object,
		  struct counter_sample *out, const char **why_out)
{
	struct counter_sample sample = { 0 };

	if (!read_any(variable, &sample, why_out))
		return false;
	if (object && sample.kind != object->kind) {
		*why_out = "has another type than it should";
		return false;
	}
	if (object)
		sample.level *= object->scale;
	*out = sample;
	return true;
}

bool
poll_value_path(const netsnmp_variable_list *variable, struct oid_path *out)
{
	if (variable->name_length > OIDS_PARTS)
		return false;
	out->len = (unsigned)variable->name_length;
	for (unsigned i = 0; i < out->len; i++)
		out->part[i] = (uint32_t)variable->name[i];
	return true;
}

int64_t
poll_value_integer(const netsnmp_variable_list *variable)
{
	return variable->type == ASN_INTEGER && *variable->val.integer >= 0 ? *variable->val.integer
									    : -1;
}
