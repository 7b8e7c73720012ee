/*
 * `mxsplitctl backtest`: what it reads, what it refuses, and that it never looks ahead.
 */
#include "daemon/ctl/ctl_backtest.h"

#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define ROOM (1 << 20)

/* Runs the command over `input` and gives what it wrote; the caller frees it. */
static char *
run(const char *input, bool explain, int *status_out)
{
	char in[] = "/tmp/backtest-in-XXXXXX", out[] = "/tmp/backtest-out-XXXXXX";
	int in_fd = mkstemp(in), out_fd = mkstemp(out), saved = dup(1);
	char name[] = "backtest", flag[] = "--explain";
	char *argv[] = { name, explain ? flag : in, explain ? in : NULL, NULL };
	char *said = calloc(1, ROOM);

	cr_assert(in_fd >= 0 && out_fd >= 0 && saved >= 0 && said);
	cr_assert_eq(write(in_fd, input, strlen(input)), (ssize_t)strlen(input));
	fflush(stdout);
	dup2(out_fd, 1);
	*status_out = ctl_backtest(explain ? 3 : 2, argv);
	fflush(stdout);
	dup2(saved, 1);
	cr_assert(pread(out_fd, said, ROOM - 1, 0) >= 0);
	close(in_fd);
	close(out_fd);
	close(saved);
	unlink(in);
	unlink(out);
	return said;
}

/* A calm hour of 3/min, then 100 a second for `seconds`, in ticks of 10 s. */
static char *
stream(const char *header, const char *between, const char *end, int seconds)
{
	char *text = calloc(1, ROOM);
	size_t len;

	cr_assert(text);
	len = (size_t)snprintf(text, ROOM, "%s", header);
	for (int i = 1; i <= 360 + seconds / 10; i++)
		len += (size_t)snprintf(text + len, ROOM - len, "%d%s%d%s\n", 1767571200 + i * 10,
					between, i <= 360 ? i % 2 : 1000, end);
	return text;
}

Test(ctl_backtest, reads_what_people_write)
{
	static const struct {
		const char *what, *header, *between, *end;
	} rows[] = {
		{ "bare", "", ",", "" },
		{ "header and comments", "# a comment\nepoch_seconds,count\n# and one\n", ",", "" },
		{ "carriage returns", "epoch_seconds,count\r\n", ",", "\r" },
		{ "fractions", "", ".0,", ".00" },
		{ "further columns", "epoch_seconds,count,unknown_share\n", ",", ",0.5" },
		{ "named columns", "epoch_seconds,host,count\n", ",mta1,", "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *input = stream(rows[i].header, rows[i].between, rows[i].end, 60);
		int status;
		char *said = run(input, false, &status);

		cr_assert_eq(status, EX_OK, "%s", rows[i].what);
		cr_assert_str_eq(said, "1767574810 1\n", "%s", rows[i].what);
		free(said);
		free(input);
	}
}

Test(ctl_backtest, refuses_what_it_cannot_read)
{
	static const char *const inputs[] = {
		"x,y,z\nnot a number,1\n",
		"1767571200\n",
		"1767571200,\n",
		"1767571200,-1\n",
		"1767571200,1e9\n",
		"1767571200,99999999999999999999999\n",
		"99999999999999999999,1\n",
		"1767571200,nan\n",
	};

	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
		int status;
		char *said = run(inputs[i], false, &status);

		cr_assert_eq(status, EX_DATAERR, "input %zu", i);
		cr_assert_str_eq(said, "", "input %zu", i);
		free(said);
	}
}

/* Two surges of half an hour, calm for an hour before and seven after each; ticks of 10 s. */
static char *
two_surges(void)
{
	char *text = calloc(1, ROOM);
	size_t len = 0;

	cr_assert(text);
	for (int tick = 1; tick <= 2 * 3060; tick++) {
		int within = tick % 3060;
		bool surge = within > 360 && within <= 540;

		len += (size_t)snprintf(text + len, ROOM - len, "%d,%d\n", 1767571200 + tick * 10,
					surge ? 200 : tick % 2);
	}
	return text;
}

/* Length of the lines of `said` that tell of times until `time`. */
static size_t
told_until(const char *said, long time)
{
	size_t len = 0;

	while (said[len] && strtol(said + len, NULL, 10) <= time)
		len += strcspn(said + len, "\n") + 1;
	return len;
}

/* What is said of a prefix is what was said of the whole until then, all of it and no more. */
Test(ctl_backtest, a_prefix_gives_a_prefix)
{
	char *input = two_surges(), *whole, *again, *part;
	size_t all = strlen(input), told;
	int status;

	whole = run(input, true, &status);
	again = run(input, true, &status);
	cr_assert_str_eq(whole, again);
	cr_assert_eq(told_until(whole, 1767571200 + 3060 * 20), strlen(whole));
	for (told = 0, part = whole; *part; part++)
		told += *part == '\n';
	cr_assert_eq(told, 4, "two surges begin and end: %s", whole);
	for (size_t lines = 1; lines < 2 * 3060; lines += 41) {
		size_t cut = lines * 13; /* a line: 1767571210,0 */

		while (cut < all && input[cut - 1] != '\n')
			cut++;
		input[cut - 1] = '\0';
		part = run(input, true, &status);
		told = told_until(
			whole,
			strtol(strrchr(input, '\n') ? strrchr(input, '\n') + 1 : input, NULL, 10));
		cr_assert(strlen(part) == told && strncmp(whole, part, told) == 0, "%zu bytes: %s",
			  cut, part);
		input[cut - 1] = '\n';
		free(part);
	}
	free(again);
	free(whole);
	free(input);
}
