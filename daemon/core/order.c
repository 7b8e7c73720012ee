#include "daemon/core/order.h"

#include "daemon/base/names.h"

static const struct name orders[] = {
	{ ORDER_AUTO, "auto" },
	{ ORDER_SPLIT, "split" },
	{ ORDER_NORMAL, "normal" },
};

static const struct name modes[] = {
	{ MODE_OBSERVE, "observe" },
	{ MODE_AUTO, "auto" },
	{ MODE_MANUAL, "manual" },
};

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

const char *
order_name(enum order order)
{
	return names_name(orders, ROWS(orders), order);
}

bool
order_from_name(struct span name, enum order *order_out)
{
	int value;

	if (!names_value(orders, ROWS(orders), name, &value))
		return false;
	*order_out = (enum order)value;
	return true;
}

const char *
order_mode_name(enum mode mode)
{
	return names_name(modes, ROWS(modes), mode);
}

bool
order_mode_from_name(struct span name, enum mode *mode_out)
{
	int value;

	if (!names_value(modes, ROWS(modes), name, &value))
		return false;
	*mode_out = (enum mode)value;
	return true;
}

int64_t
order_moved(int64_t instant, int64_t seconds)
{
	if (instant == 0)
		return 0;
	return instant + seconds > 0 ? instant + seconds : 1;
}
