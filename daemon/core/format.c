#include "daemon/core/format.h"

#include "daemon/base/names.h"
#include "daemon/core/parse_gap.h"
#include "daemon/core/parse_postfix.h"

static const struct name names[] = {
	{ FORMAT_AUTO, "auto" },
	{ FORMAT_POSTFIX, "postfix" },
};

typedef bool reader(const struct envelope *envelope, struct record *out);

static reader *const readers[] = {
	[FORMAT_POSTFIX] = parse_postfix,
};

#define ROWS (sizeof(names) / sizeof(names[0]))

const char *
format_name(enum format format)
{
	return names_name(names, ROWS, format);
}

bool
format_from_name(struct span name, enum format *format_out)
{
	int value;

	if (!names_value(names, ROWS, name, &value))
		return false;
	*format_out = (enum format)value;
	return true;
}

void
format_read(enum format format, const struct envelope *envelope, struct record *out)
{
	*out = (struct record){ .kind = RECORD_OTHER, .why = "not a program of this MTA" };
	for (int f = FORMAT_AUTO + 1; f < FORMATS; f++)
		if ((format == FORMAT_AUTO || format == (enum format)f) &&
		    readers[f](envelope, out))
			return;
	parse_gap(envelope, out);
}
