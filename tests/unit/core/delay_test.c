#include "daemon/core/delay.h"
#include "daemon/core/reader.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

static const struct {
	const char *text;
	double seconds; /* -1: none */
} values[] = {
	{ "0", 0 },
	{ "0.02", 0.02 },
	{ "12", 12 },
	{ "86400", 86400 },
	{ "0s", 0 },
	{ "0.044s", 0.044 },
	{ "1m3s", 63 },
	{ "2d3h", 183600 },
	{ "1h2m0.5s", 3720.5 },
	{ "1w", 604800 },
	{ "00:00:05", 5 },
	{ "12:34:56", 45296 },
	{ "2+01:00:05", 176405 },
	{ "", -1 },
	{ "s", -1 },
	{ "-1", -1 },
	{ "1.", -1 },
	{ "1x", -1 },
	{ "1s1m", -1 },
	{ "5m ", -1 },
	{ "00:00", -1 },
	{ "00:60:00", -1 },
	{ "1+24:00:00", -1 },
	{ "0.0123456789", -1 },
	{ "99999999999", -1 },
	{ "1e9", -1 },
	{ "nan", -1 },
};

Test(delay, is_read_as_each_log_writes_it)
{
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		double seconds = -1;
		bool read = delay_parse(span_of(values[i].text), &seconds);

		cr_expect_eq(read, values[i].seconds >= 0, "'%s'", values[i].text);
		cr_expect(fabs(seconds - values[i].seconds) < 1e-9, "'%s': %f", values[i].text,
			  seconds);
	}
}

static const struct {
	const char *fields;
	double seconds;
} lines[] = {
	{ ", relay=virtual, delay=0.05, delays=0.01/0.01/0/0.03, dsn=2.0.0, status=sent (250 "
	  "delay=9)",
	  0.05 },
	{ ", relay=a[192.0.2.1]:25, conn_use=2, delay=3700, delays=1/2/3/4, status=sent (ok)",
	  3700 },
	{ "delay=00:01:05, xdelay=00:00:05, mailer=local, pri=30, dsn=2.0.0, stat=Sent", 65 },
	{ " user=u0 delay=1m3s result=Ok stat=Delivered", 63 },
	{ " F=<a@b.example> R=local T=drop S=328 QT=1m0.5s DT=0.014s", 60.5 },
	{ " R=remote T=smtp C=\"250 QT=9d ok\" QT=3s DT=1s", 3 },
	{ " R=remote T=smtp C=\"250 QT=9d ok\"", -1 },
	{ " R=local T=drop DT=0.014s", -1 },
	{ " QT=", -1 },
	{ "QT=", -1 },
	{ "", -1 },
	{ ", relay=virtual, status=sent (delivered)", -1 },
};

Test(delay, is_found_among_the_fields_of_a_delivery)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		double seconds = -1;
		bool read = delay_read(span_of(lines[i].fields), &seconds);

		cr_expect_eq(read, lines[i].seconds >= 0, "'%s'", lines[i].fields);
		cr_expect(fabs(seconds - lines[i].seconds) < 1e-9, "'%s': %f", lines[i].fields,
			  seconds);
	}
}

static bool
near(double is, double wanted)
{
	return is > wanted / 1.13 && is < wanted * 1.13;
}

Test(delay, has_its_quantiles_of_ten_minutes)
{
	struct delay *one = calloc(1, sizeof(*one)), *other = calloc(1, sizeof(*other));
	const struct delay *list[] = { one, other };
	double seconds;

	for (unsigned i = 0; i < 9; i++)
		delay_add(one, 1000, 2);
	cr_expect(!delay_quantile(list, 1, 1000, 0.5, &seconds), "too few");
	delay_add(other, 1000, 2);
	cr_expect(delay_quantile(list, 2, 1000, 0.5, &seconds), "together they are enough");
	cr_expect(near(seconds, 2), "%f", seconds);
	for (unsigned i = 0; i < 10; i++)
		delay_add(one, 1005, 300);
	cr_expect(delay_quantile(list, 2, 1005, 0.5, &seconds) && near(seconds, 2), "%f", seconds);
	cr_expect(delay_quantile(list, 2, 1005, 0.9, &seconds) && near(seconds, 300), "%f",
		  seconds);
	cr_expect(delay_quantile(list, 2, 1010, 0.5, &seconds) && near(seconds, 300),
		  "the first are older than ten minutes: %f", seconds);
	cr_expect(delay_quantile(list, 2, 1014, 0.5, &seconds));
	cr_expect(!delay_quantile(list, 2, 1015, 0.5, &seconds));
	for (int64_t minute = 0; minute < 3000; minute += 7) /* and the clock went back */
		delay_add(one, minute, 1e300);
	for (unsigned i = 0; i < 20; i++)
		delay_add(one, 3000, i % 2 ? 0 : 0.001);
	cr_expect(delay_quantile(list, 1, 3000, 0.5, &seconds) && seconds < 0.011, "%f", seconds);
	free(one);
	free(other);
}

static const struct {
	enum format format;
	const char *line;
	double seconds;
} deliveries[] = {
	{ FORMAT_POSTFIX,
	  "2026-11-25T22:16:06.095141+00:00 mx1 postfix/virtual[296]: 4F0A7E37C: "
	  "to=<u0@example.test>, "
	  "relay=virtual, delay=61.5, delays=0.01/61/0/0, dsn=2.0.0, status=sent (delivered to "
	  "maildir)",
	  61.5 },
	{ FORMAT_EXIM,
	  "2026-11-25 22:15:10.394 [117] 1xWLGg-00001l-17 => u2 <u2@example.test> "
	  "F=<user2@sender.example> "
	  "P=<user2@sender.example> R=local T=drop S=328 QT=1m1.5s DT=0.014s",
	  61.5 },
	{ FORMAT_SENDMAIL,
	  "2026-11-25T22:33:58.411167+00:00 mx1 sm-mta[154]: 6APMXwqp000143: to=<u0@example.test>, "
	  "delay=00:01:02, xdelay=00:00:00, mailer=local, pri=30301, dsn=2.0.0, stat=Sent",
	  62 },
	{ FORMAT_OPENSMTPD,
	  "2026-11-25T22:16:06.095141+00:00 mx1 smtpd[106]: 0ecb4a3d496d2a77 mda delivery "
	  "evpid=99a59d97819a1e99 from=<user0@sender.example> to=<u0@example.test> "
	  "rcpt=<u0@example.test> user=u0 delay=1m2s result=Ok stat=Delivered",
	  62 },
};

static void
take(void *ctx, const struct event *event)
{
	double *seconds = ctx;

	cr_expect_eq(event->kind, EVENT_DELIVERED);
	cr_expect(span_equal(event->domain, SPAN("example.test")));
	cr_expect(delay_read(event->fields, seconds));
}

Test(delay, comes_with_the_delivery_in_four_formats)
{
	for (size_t i = 0; i < sizeof(deliveries) / sizeof(deliveries[0]); i++) {
		struct reader_options options = { .format = deliveries[i].format, .year = 2026 };
		struct reader *reader = reader_new(&options);
		double seconds = -1;

		reader_line(reader, span_of(deliveries[i].line), take, &seconds);
		cr_expect_eq(seconds, deliveries[i].seconds, "%s: %f",
			     format_name(deliveries[i].format), seconds);
		reader_free(reader);
	}
}
