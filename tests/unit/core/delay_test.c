#include "daemon/core/delay.h"

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
