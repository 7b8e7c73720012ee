#include "daemon/core/event.h"

#include "daemon/base/names.h"

static const struct name names[] = {
	{ EVENT_BOUNCE_ACCEPTED, "bounce-accepted" },
	{ EVENT_BOUNCE_REFUSED, "bounce-refused" },
	{ EVENT_BOUNCE_DEFERRED, "bounce-deferred" },
	{ EVENT_BOUNCE_REFUSED_LATE, "bounce-refused-late" },
	{ EVENT_PROBE, "probe" },
	{ EVENT_LOCAL_DSN, "local-dsn" },
	{ EVENT_MAIL_ACCEPTED, "mail-accepted" },
	{ EVENT_MAIL_REFUSED, "mail-refused" },
	{ EVENT_MAIL_DEFERRED, "mail-deferred" },
	{ EVENT_REFUSED_SENDER_UNKNOWN, "refused-sender-unknown" },
	{ EVENT_DELIVERED, "delivered" },
	{ EVENT_DELIVERY_DEFERRED, "delivery-deferred" },
	{ EVENT_DELIVERY_FAILED, "delivery-failed" },
	{ EVENT_PRESSURE, "pressure" },
	{ EVENT_GAP, "gap" },
};

#define ROWS (sizeof(names) / sizeof(names[0]))

const char *
event_name(enum event_kind kind)
{
	return names_name(names, ROWS, kind);
}

bool
event_from_name(struct span name, enum event_kind *kind_out)
{
	int value;

	if (!names_value(names, ROWS, name, &value))
		return false;
	*kind_out = (enum event_kind)value;
	return true;
}

bool
event_loads(enum event_kind kind)
{
	switch (kind) {
	case EVENT_BOUNCE_ACCEPTED:
	case EVENT_BOUNCE_REFUSED:
	case EVENT_BOUNCE_DEFERRED:
	case EVENT_BOUNCE_REFUSED_LATE:
		return true;
	case EVENT_PROBE:
	case EVENT_LOCAL_DSN:
	case EVENT_MAIL_ACCEPTED:
	case EVENT_MAIL_REFUSED:
	case EVENT_MAIL_DEFERRED:
	case EVENT_REFUSED_SENDER_UNKNOWN:
	case EVENT_DELIVERED:
	case EVENT_DELIVERY_DEFERRED:
	case EVENT_DELIVERY_FAILED:
	case EVENT_PRESSURE:
	case EVENT_GAP:
	case EVENT_KINDS:
		break;
	}
	return false;
}
