#include "daemon/source/rotated.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES 24

static void
with_names(const char *directory, const char *const *names, bool make)
{
	char path[160];

	for (unsigned i = 0; i < NAMES && names[i]; i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		if (make)
			close(open(path, O_CREAT | O_WRONLY, 0600));
		else
			unlink(path);
	}
}

struct directory {
	const char *what;
	const char *const names[NAMES];
	const char *expected; /* newest first; compressed ones in brackets */
};

static const struct directory stamped[] = {
	{ "multilog, svlogd",
	  { "@400000006b08811e20857e2c.s", "@400000006b08811f00000000.u",
	    "@400000006b08811e1f12662c.s", "lock", "state", "current", "previous" },
	  "previous @400000006b08811f00000000.u @400000006b08811e20857e2c.s "
	  "@400000006b08811e1f12662c.s " },
	{ "what only looks like multilog's",
	  { "@400000006b08811e20857e2.s", "@400000006b08811e20857e2cc.s",
	    "@400000006b08811E20857e2c.s", "@400000006b08811e20857e2c.t",
	    "@400000006b08811e20857e2c", "400000006b08811e20857e2c.s",
	    "@400000006b08811e20857e2c.sx" },
	  "" },
};

static const struct directory directories[] = {
	{ "multilog's beside another log",
	  { "@400000006b08811e20857e2c.s", "mail.log.1" },
	  "mail.log.1 " },
	{ "no brothers", { "mail.log", "mail.err", "mail.log2", "xmail.log.1", "previous" }, "" },
	{ "no directory entry at all", { 0 }, "" },
	{ "logrotate",
	  { "mail.log.2", "mail.log.10", "mail.log.1" },
	  "mail.log.1 mail.log.2 mail.log.10 " },
	{ "logrotate, compressed",
	  { "mail.log.3.gz", "mail.log.1", "mail.log.2.gz", "mail.log.4.xz" },
	  "mail.log.1 [mail.log.2.gz] [mail.log.3.gz] [mail.log.4.xz] " },
	{ "half way through compressing",
	  { "mail.log.1", "mail.log.1.gz", "mail.log.2.gz" },
	  "mail.log.1 [mail.log.2.gz] " },
	{ "newsyslog",
	  { "mail.log.0", "mail.log.1.bz2", "mail.log.2.zst" },
	  "mail.log.0 [mail.log.1.bz2] [mail.log.2.zst] " },
	{ "exicyclog",
	  { "mail.log.01", "mail.log.02.gz", "mail.log.10.gz" },
	  "mail.log.01 [mail.log.02.gz] [mail.log.10.gz] " },
	{ "dateext",
	  { "mail.log-20261122.gz", "mail.log-20261124", "mail.log-20261123" },
	  "mail.log-20261124 mail.log-20261123 [mail.log-20261122.gz] " },
	{ "postfix logrotate",
	  { "mail.log.20261124-163212", "mail.log.20261123-163210" },
	  "mail.log.20261124-163212 mail.log.20261123-163210 " },
	{ "numbers before dates",
	  { "mail.log-20261124", "mail.log.1" },
	  "mail.log.1 mail.log-20261124 " },
	{ "what only looks alike",
	  { "mail.log.", "mail.log.gz", "mail.log.1x", "mail.log.-1", "mail.log.1.tmp",
	    "mail.log.old", "mail.log.1~", "mail.log-20261124x",
	    "mail.log.99999999999999999999999999999999999999999", "mail.log1", "mail.logx.1" },
	  "" },
};

static void
check(const struct directory *row, const char *log)
{
	char directory[] = "/tmp/mxsplit-rotated-XXXXXX", path[96], seen[1000] = "";
	struct rotated list;
	struct err err = { 0 };
	size_t length = 0;

	cr_assert(mkdtemp(directory) != NULL);
	snprintf(path, sizeof(path), "%s/%s", directory, log);
	with_names(directory, row->names, true);
	cr_assert(rotated_list(path, &list, &err), "%s", err.text);
	for (size_t n = 0; n < list.count; n++)
		length += (size_t)snprintf(seen + length, sizeof(seen) - length,
					   list.files[n].compressed ? "[%s] " : "%s ",
					   strrchr(list.files[n].path, '/') + 1);
	cr_assert(strcmp(seen, row->expected) == 0, "%s: %s", row->what, seen);
	rotated_free(&list);
	with_names(directory, row->names, false);
	rmdir(directory);
}

Test(rotated, lists_brothers_newest_first)
{
	for (size_t i = 0; i < sizeof(directories) / sizeof(*directories); i++)
		check(&directories[i], "mail.log");
	for (size_t i = 0; i < sizeof(stamped) / sizeof(*stamped); i++)
		check(&stamped[i], "current");
}

Test(rotated, knows_the_next_younger_brother)
{
	char directory[] = "/tmp/mxsplit-rotated-XXXXXX", path[96];
	static const char *const names[NAMES] = { "mail.log.1.gz",     "mail.log.2",
						  "mail.log.3.gz",     "mail.log.4.gz",
						  "mail.log.5",	       "mail.log.6",
						  "mail.log-20261124", "mail.log-20261120" };
	struct rotated list;
	struct err err = { 0 };
	const struct rotated_file *six;

	cr_assert(mkdtemp(directory) != NULL);
	snprintf(path, sizeof(path), "%s/mail.log", directory);
	with_names(directory, names, true);
	cr_assert(rotated_list(path, &list, &err), "%s", err.text);
	six = &list.files[5];
	cr_assert(rotated_find(&list, six->device, six->inode) == six);
	cr_assert(rotated_find(&list, list.files[0].device, list.files[0].inode) == NULL,
		  "compressed");
	cr_assert(rotated_next(&list, six) == &list.files[4]);
	cr_assert(rotated_next(&list, &list.files[4]) == &list.files[3], "compressed");
	cr_assert(rotated_next(&list, &list.files[0]) == NULL, "the path is next");
	cr_assert(rotated_next(&list, &list.files[7]) == &list.files[6]);
	cr_assert(rotated_next(&list, &list.files[6]) == NULL, "dates come after numbers");
	rotated_free(&list);
	with_names(directory, names, false);
	rmdir(directory);
	cr_assert(rotated_list(path, &list, &err) && list.count == 0,
		  "no directory is no brothers");
}
