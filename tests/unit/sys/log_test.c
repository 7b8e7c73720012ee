#include "daemon/sys/log.h"

#include "daemon/base/when.h"
#include "daemon/sys/clock.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Standard error becomes a pipe; the end to read from is returned. */
static int
listen_to_stderr(bool journal)
{
	struct stat status;
	char stream[64];
	int ends[2];

	cr_assert(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0 && dup2(ends[1], STDERR_FILENO) >= 0);
	close(ends[1]);
	cr_assert(fstat(STDERR_FILENO, &status) == 0);
	snprintf(stream, sizeof(stream), "%lu:%lu", (unsigned long)status.st_dev,
		 (unsigned long)status.st_ino + !journal);
	setenv("JOURNAL_STREAM", stream, 1);
	return ends[0];
}

static const char *
hear(int fd)
{
	static char line[LOG_LINE * 2];
	ssize_t got = read(fd, line, sizeof(line) - 1);

	line[got > 0 ? got : 0] = '\0';
	return line;
}

Test(log, quotes_and_scrubs_what_comes_from_outside)
{
	static const struct {
		enum log_level level;
		const char *what, *domain, *message, *line;
	} cases[] = {
		{ LOG_LEVEL_NOTICE, "update", "example.jp", "split set shown",
		  "<5>update domain=example.jp message=\"split set shown\"\n" },
		{ LOG_LEVEL_ERROR, "start", "", "no", "<3>start message=no\n" },
		{ LOG_LEVEL_WARNING, "source", NULL, "", "<4>source\n" },
		{ LOG_LEVEL_INFO, "x", "a b", "say \"no\\yes\"",
		  "<6>x domain=\"a b\" message=\"say \\\"no\\\\yes\\\"\"\n" },
		{ LOG_LEVEL_INFO, "x", "a", "one\n<3>two %s%n \x1b[31m\xff",
		  "<6>x domain=a message=\"one\xEF\xBF\xBD<3>two %s%n "
		  "\xEF\xBF\xBD[31m\xEF\xBF\xBD\"\n" },
		{ LOG_LEVEL_INFO, "x", "", "caf\xC3\xA9", "<6>x message=\"caf\xC3\xA9\"\n" },
		{ LOG_LEVEL_INFO, "x", "", "a=b", "<6>x message=\"a=b\"\n" },
		{ LOG_LEVEL_DEBUG, "x", "", "never said", "" },
	};
	int fd = listen_to_stderr(true);

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		log_event(cases[i].level, cases[i].what, cases[i].domain, cases[i].message);
		cr_assert_str_eq(hear(fd), cases[i].line);
	}
	log_threshold(LOG_LEVEL_ERROR);
	log_event(LOG_LEVEL_WARNING, "x", "", "");
	cr_assert_str_eq(hear(fd), "");
	log_threshold(LOG_LEVEL_DEBUG);
	log_event(LOG_LEVEL_DEBUG, "x", "", "");
	cr_assert_str_eq(hear(fd), "<7>x\n");
}

/* Whatever the length, and whatever stands at the place of the cut: one line, its quote closed. */
Test(log, cuts_a_long_line_and_ends_it)
{
	static const char *const ends[] = { "xxxx", "\\\\\\\\", "\"\"\"\"", "\xff\xff\xff\xff",
					    "\xF0\x9F\x90\xA6" };
	static char message[LOG_LINE + 100];
	int fd = listen_to_stderr(true);

	for (size_t e = 0; e < sizeof(ends) / sizeof(*ends); e++)
		for (size_t length = LOG_LINE - 60; length < LOG_LINE + 40; length++) {
			const char *line, *mark = NULL;

			memset(message, 'm', length);
			message[0] = ' ';
			snprintf(message + length, 40, "%s%s%s", ends[e], ends[e], ends[e]);
			log_event(LOG_LEVEL_INFO, "x", "example.jp", message);
			line = hear(fd);
			mark = line + strlen(line) - 2;
			cr_assert(strlen(line) <= LOG_LINE && strcmp(mark, "\"\n") == 0,
				  "%zu: ...%s", length, mark - 20);
			if (e == 1) {
				size_t slashes = 0;

				while (mark[-1 - (ptrdiff_t)slashes] == '\\')
					slashes++;
				cr_assert(slashes % 2 == 0, "%zu: the quote is escaped: %s", length,
					  mark - 20);
			}
		}
}

Test(log, carries_the_time_when_nobody_else_adds_it)
{
	int fd = listen_to_stderr(false);
	int64_t before = clock_now_us(), said;
	const char *line, *space;

	log_event(LOG_LEVEL_NOTICE, "start", "", "mxsplitd started");
	line = hear(fd);
	space = strchr(line, ' ');
	cr_assert(space != NULL &&
		  when_parse_rfc3339((struct span){ line, (size_t)(space - line) }, &said));
	cr_assert(said >= before && said <= clock_now_us(), "%s", line);
	cr_assert_str_eq(space, " notice start message=\"mxsplitd started\"\n");
}

Test(log, drops_what_nobody_reads_and_tells_how_much)
{
	int fd = listen_to_stderr(true);
	unsigned said = 0, whole = 0;
	char line[200], *at;
	unsigned long dropped;
	FILE *file;

	signal(SIGPIPE, SIG_IGN);
	for (; said < 5000; said++)
		log_event(LOG_LEVEL_INFO, "x", "", "a line that fills the pipe, one after another");
	file = fdopen(fd, "r");
	while (fgets(line, sizeof(line), file))
		whole++;
	cr_assert(whole > 100 && whole < said);
	log_event(LOG_LEVEL_INFO, "x", "", "after");
	clearerr(file);
	cr_assert(fgets(line, sizeof(line), file) != NULL);
	at = strstr(line, "<4>log lines-dropped=");
	cr_assert(at == line && sscanf(line, "<4>log lines-dropped=%lu", &dropped) == 1, "%s",
		  line);
	cr_assert(dropped + whole == said, "%lu dropped, %u heard, %u said", dropped, whole, said);
	cr_assert(fgets(line, sizeof(line), file) && strcmp(line, "<6>x message=after\n") == 0);
	fclose(file);
	log_event(LOG_LEVEL_INFO, "x", "",
		  "to nobody"); /* with SIGPIPE ignored, as the daemon does */
}

Test(clock, knows_time_and_boot)
{
	int64_t first = clock_steady_us();

	cr_assert(clock_now_us() > INT64_C(1700000000000000));
	cr_assert(clock_steady_us() >= first && first > 0);
	cr_assert(strlen(clock_boot_id()) == 36 && clock_boot_id() == clock_boot_id());
}
