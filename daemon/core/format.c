#include "daemon/core/format.h"

#include "daemon/base/names.h"
#include "daemon/core/parse_exim.h"
#include "daemon/core/parse_gap.h"
#include "daemon/core/parse_opensmtpd.h"
#include "daemon/core/parse_postfix.h"
#include "daemon/core/parse_qmail.h"
#include "daemon/core/parse_sendmail.h"
#include "daemon/core/swar.h"

static const struct name names[] = {
	{ FORMAT_AUTO, "auto" },	   { FORMAT_POSTFIX, "postfix" },
	{ FORMAT_EXIM, "exim" },	   { FORMAT_SENDMAIL, "sendmail" },
	{ FORMAT_OPENSMTPD, "opensmtpd" }, { FORMAT_QMAIL, "qmail" },
};

static const struct {
	const char *mta;				 /* as it calls itself */
	bool (*claims)(const struct envelope *envelope); /* by who wrote it, not by what it says */
	void (*read)(const struct envelope *envelope, struct record *out);
} rows[] = {
	[FORMAT_POSTFIX] = { "Postfix", parse_postfix_claims, parse_postfix },
	[FORMAT_EXIM] = { "Exim", parse_exim_claims, parse_exim },
	[FORMAT_SENDMAIL] = { "Sendmail", parse_sendmail_claims, parse_sendmail },
	[FORMAT_OPENSMTPD] = { "OpenSMTPD", parse_opensmtpd_claims, parse_opensmtpd },
	[FORMAT_QMAIL] = { "qmail", parse_qmail_claims, parse_qmail },
};

#define NAMES (sizeof(names) / sizeof(names[0]))
#define CLAIM_NONE FORMATS

_Static_assert(sizeof(rows) / sizeof(rows[0]) == FORMATS && NAMES == FORMATS, "a row each");

const char *
format_name(enum format format)
{
	return names_name(names, NAMES, format);
}

const char *
format_mta(enum format format)
{
	return rows[format].mta;
}

bool
format_from_name(struct span name, enum format *format_out)
{
	int value;

	if (!names_value(names, NAMES, name, &value))
		return false;
	*format_out = (enum format)value;
	return true;
}

const char *
format_list(void)
{
	return "auto, postfix, exim, sendmail, opensmtpd, qmail";
}

static int
ask(const struct envelope *envelope)
{
	for (int format = FORMAT_AUTO + 1; format < FORMATS; format++)
		if (rows[format].claims(envelope))
			return format;
	return CLAIM_NONE;
}

_Static_assert(RECORD_OTHER == 0 && STAGE_RCPT == 0 && DELIVERY_NONE == 0, "what zero means");

enum format
format_read(enum format format, const struct envelope *envelope, struct record *out)
{
	int claim = envelope->program->claim[0];

	swar_zero(out, sizeof(*out));
	out->why = "not a program whose lines are read here";
	if (claim == 0) {
		claim = ask(envelope);
		envelope->program->claim[0] = (uint8_t)claim;
	}
	if (claim != CLAIM_NONE && (format == FORMAT_AUTO || (int)format == claim)) {
		rows[claim].read(envelope, out);
		return (enum format)claim;
	}
	parse_gap(envelope, out);
	return FORMAT_AUTO;
}
