#include "daemon/import.h"

#include "daemon/base/when.h"
#include "daemon/core/reader.h"
#include "daemon/core/tally.h"
#include "daemon/ctl/ctl_json.h"
#include "daemon/ctl/ctl_lines.h"
#include "daemon/ctl/ctl_progress.h"
#include "daemon/imported.h"
#include "daemon/store/store.h"
#include "daemon/sys/clock.h"
#include "daemon/sys/tz_load.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

/* A commit after so many bytes of a log (uncompressed), or so many counts. */
#define TRANSACTION ((uint64_t)128 << 20)
#define COUNTS 32768u
#define SOURCE 64 /* bytes of a source's name */

struct import {
	const char *database, *source;
	char open_key[SOURCE + 16]; /* under which open queue ids are kept during the import */
	struct reader_options options;
	struct tz zone;
	struct store *store;
	struct reader *reader;
	struct tally *tally;
	struct imported_place place;
	uint64_t unsaved; /* bytes since the last commit */
	struct ctl_progress progress;
	struct err *err;
	bool ok; /* of rows that are being saved */
	bool json;
};

static void
take_event(void *ctx, const struct event *event)
{
	struct import *import = ctx;

	tally_add(import->tally, event, INT64_MAX); /* history: nothing is evidence */
}

static void
take_lines(void *ctx, const struct span *lines, size_t count)
{
	struct import *import = ctx;

	reader_lines(import->reader, lines, count, take_event, import);
}

static void
take_too_long(void *ctx)
{
	struct import *import = ctx;

	reader_too_long(import->reader);
}

static void
save_cell(void *ctx, int64_t minute, struct span domain, enum event_kind kind, int64_t delta)
{
	struct import *import = ctx;

	import->ok = import->ok && store_counts_add(import->store, import->source, domain, kind,
						    minute, delta, import->err);
}

static void
save_row(void *ctx, struct span key, struct span value)
{
	struct import *import = ctx;

	import->ok = import->ok && store_cursors_put_open(import->store, import->open_key, key,
							  value, import->err);
}

/* Counts, open queue ids and the place, in one transaction; at the very end no ids are left. */
static bool
save(struct import *import, bool end, struct err *err)
{
	if (!store_begin(import->store, err))
		return false;
	import->ok = true;
	import->err = err;
	tally_each(import->tally, save_cell, import);
	if (end)
		import->ok = import->ok &&
			     store_cursors_forget_open(import->store, import->open_key, err);
	else
		reader_changes(import->reader, save_row, import);
	if (!import->ok || (!end && !imported_keep(&import->place, import->store, err)) ||
	    !store_commit(import->store, err)) {
		store_rollback(import->store);
		return false;
	}
	tally_clear(import->tally);
	reader_saved(import->reader);
	import->unsaved = 0;
	return true;
}

static bool
given(void *ctx, struct span bytes, struct err *err)
{
	struct import *import = ctx;

	imported_move(&import->place, bytes);
	import->unsaved += bytes.len;
	ctl_progress_add(&import->progress, bytes.len);
	if (import->unsaved < TRANSACTION && tally_cells(import->tally) < COUNTS)
		return true;
	if (bytes.len == 0 || bytes.at[bytes.len - 1] != '\n')
		return true; /* a place within a line cannot be gone on from */
	return save(import, false, err);
}

static struct unpack *
open_log(struct import *import, const char *path, struct err *err)
{
	int64_t changed;
	int fd = ctl_lines_open(path, &changed, err);

	if (fd < 0)
		return NULL;
	ctl_progress_start(&import->progress, fd);
	/* Without a year, stamps are of the year before the file was last written. */
	reader_reference(import->reader, changed ? changed : clock_now_us() / WHEN_SECOND_US);
	return unpack_open(fd, err);
}

/* Stands behind what was imported before. NULL when that cannot be. */
static struct unpack *
open_behind(struct import *import, const char *path, uint64_t *known_out, struct err *err)
{
	struct unpack *unpack = open_log(import, path, err);
	struct span head = { NULL, 0 };
	bool ok;

	if (!unpack || imported_pass(&import->place, unpack, import->store, known_out, err))
		return unpack;
	ok = err->kind == ERR_INPUT && strcmp(path, "-") != 0;
	unpack_free(unpack);
	unpack = ok ? open_log(import, path, err) : NULL;
	ok = unpack && unpack_peek(unpack, IMPORTED_PRINT, &head, err);
	if (ok)
		imported_begin(&import->place, head);
	if (ok && imported_skip(&import->place, unpack, *known_out, err))
		return unpack;
	unpack_free(unpack);
	return NULL;
}

static void
said(const struct import *import, const char *path, uint64_t lines, uint64_t known)
{
	if (import->json) {
		fputs("{\"log\":", stdout);
		ctl_json_string(stdout, span_of(path));
		printf(",\"lines\":%" PRIu64 ",\"known_bytes\":%" PRIu64 "}\n", lines, known);
	} else if (known && import->place.so_far.bytes == known) {
		printf("%s: was imported before\n", path);
	} else {
		printf("%s: %" PRIu64 " lines%s\n", path, lines,
		       known ? " more, behind what was imported before" : "");
	}
	fflush(stdout);
}

static bool
import_log(struct import *import, const char *path, struct err *err)
{
	struct ctl_lines_sink sink = { take_lines, take_too_long, import, given };
	uint64_t known, before = reader_stats(import->reader)->lines;
	struct unpack *unpack = open_behind(import, path, &known, err);
	bool ok = unpack && ctl_lines_unpacked(unpack, &sink, err) &&
		  (import->place.so_far.bytes == known || save(import, false, err));

	ctl_progress_end(&import->progress);
	unpack_free(unpack);
	if (!ok)
		return err_while(err, "%s", path);
	said(import, path, reader_stats(import->reader)->lines - before, known);
	return true;
}

static void
restore(void *ctx, struct span key, struct span value)
{
	struct import *import = ctx;

	if (!reader_restore(import->reader, key, value))
		fputs("mxsplitctl import: a queue id of another version is left out\n", stderr);
}

static bool
import_logs(struct import *import, char **logs, struct err *err)
{
	import->reader = reader_new(&import->options);
	import->tally = tally_new(0);
	if (!import->reader || !import->tally)
		return err_set(err, ERR_SYSTEM, "out of memory");
	if (!store_open(import->database, STORE_WRITE, &import->store, NULL, err)) {
		if (err->kind == ERR_BUSY)
			err_set(err, ERR_BUSY,
				"%s is in use: stop mxsplitd (or the other import) first",
				import->database);
		return false;
	}
	if (!store_cursors_each_open(import->store, import->open_key, restore, import, err))
		return false;
	for (; *logs; logs++)
		if (!import_log(import, *logs, err))
			return false;
	reader_end(import->reader, take_event, import);
	return save(import, true, err);
}

static int
usage(FILE *out, const char *why)
{
	if (why)
		fprintf(out, "mxsplitctl import: %s\n", why);
	fputs("usage: mxsplitctl import --db FILE [OPTION...] LOG...\n"
	      "Counts old logs into a database, while no mxsplitd has it open.\n\n"
	      "  --db FILE             the database (made if there is none)\n"
	      "  --source NAME         under which source they are counted (import)\n"
	      "  --format FORMAT       the MTA that wrote them (auto)\n"
	      "  --year N              of stamps that have none (by the file's last change)\n"
	      "  --zone ZONE           of stamps that name none (local)\n"
	      "  --default-domain D    whose a bounce is until its recipient is known\n"
	      "  --json                an object for each log: lines, bytes known before\n\n"
	      "LOG is plain, gzip or zstd, or - for standard input. Give rotated logs in one\n"
	      "command, the oldest first: messages go on from one to the next. What was\n"
	      "imported before is known by its content and not counted again; an import that\n"
	      "was interrupted goes on when it is started again.\n",
	      out);
	return why ? EX_USAGE : EX_OK;
}

static bool
word(const char *text)
{
	size_t length = strlen(text);

	return length > 0 && length <= SOURCE &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
		       length;
}

/* -1: go on; else an exit code. */
static int
read_options(int argc, char **argv, struct import *out)
{
	static const struct option options[] = {
		{ "db", required_argument, NULL, 'd' },
		{ "source", required_argument, NULL, 's' },
		{ "format", required_argument, NULL, 'f' },
		{ "year", required_argument, NULL, 'y' },
		{ "zone", required_argument, NULL, 'z' },
		{ "default-domain", required_argument, NULL, 'm' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const char *zone = "local"; /* as mxsplitd */
	struct err err = { 0 };
	int option;

	optind = 1;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (option) {
		case 'd':
			out->database = optarg;
			break;
		case 's':
			out->source = optarg;
			if (!word(optarg))
				return usage(stderr, "--source wants at most 64 letters, digits, "
						     "'-', '_' or '.'");
			break;
		case 'f':
			if (!format_from_name(span_of(optarg), &out->options.format))
				return usage(stderr, "--format is not known");
			break;
		case 'y':
			out->options.year = ctl_json_year(optarg);
			if (!out->options.year)
				return usage(stderr, "--year wants a year from 1970 to 9998");
			break;
		case 'z':
			zone = optarg;
			break;
		case 'm':
			if (!span_copy_lower(span_of(optarg), out->options.default_domain,
					     CLASSIFY_DOMAIN))
				return usage(stderr, "--default-domain is too long");
			break;
		case 'j':
			out->json = true;
			break;
		case 'h':
			return usage(stdout, NULL);
		default:
			return usage(stderr, "an option is not known");
		}
	if (!out->database || optind == argc)
		return usage(stderr, "wanted --db FILE and at least one LOG");
	out->options.zone = &out->zone;
	return tz_load(zone, &out->zone, &err) ? -1 : usage(stderr, err.text);
}

int
import(int argc, char **argv)
{
	struct import *import = calloc(1, sizeof(*import));
	struct err err = { 0 };
	int code;

	if (!import)
		return EX_OSERR;
	import->source = "import";
	import->options.at_once = true;
	code = read_options(argc, argv, import);
	if (code < 0) {
		snprintf(import->open_key, sizeof(import->open_key), "import %s", import->source);
		code = EX_OK;
		if (!import_logs(import, argv + optind, &err)) {
			fprintf(stderr, "mxsplitctl import: %s\n", err.text);
			code = err.kind == ERR_BUSY    ? EX_TEMPFAIL
			       : err.kind == ERR_INPUT ? EX_NOINPUT
						       : EX_IOERR;
		}
	}
	store_close(import->store);
	reader_free(import->reader);
	tally_free(import->tally);
	free(import);
	return code;
}
