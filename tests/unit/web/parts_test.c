#include "web/problem.h"
#include "web/routes.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))
#define HASH "06e55b633481f7bb072957eabcf110c972e86691c3cfedabe088024bffe42f23"

Test(parts, token_lines)
{
	static const struct {
		const char *text;
		unsigned count;
		const char *sentence; /* NULL: taken */
	} rows[] = {
		{ "", 0, NULL },
		{ "# only a comment\n\n \t\n", 0, NULL },
		{ "anna operate " HASH "\n", 1, NULL },
		{ "  anna\toperate  " HASH "  \r\nbob read " HASH, 2, NULL },
		{ "anna operate\n", 0, "line 1: wanted" },
		{ "\nanna operate " HASH " more\n", 0, "line 2: wanted" },
		{ "anna root " HASH "\n", 0, "line 1: the role" },
		{ "anna operate " HASH "00\n", 0, "line 1: the hash" },
		{ "anna operate 06E55B633481f7bb072957eabcf110c972e86691c3cfedabe088024bffe42f23",
		  0, "line 1: the hash" },
		{ "a234567890123456789012345678901234567890123456789 read " HASH, 0,
		  "line 1: the name" },
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct tokens tokens = { .count = 99 };
		struct err err = { 0 };
		bool good = tokens_parse(span_of(rows[i].text), &tokens, &err);

		cr_assert_eq(good, rows[i].sentence == NULL, "row %zu: %s", i, err.text);
		cr_assert_eq(tokens.count, good ? rows[i].count : 99, "row %zu", i);
		cr_assert(good || strncmp(err.text, rows[i].sentence, strlen(rows[i].sentence)) ==
					  0,
			  "row %zu: %s", i, err.text);
	}
}

Test(parts, as_many_tokens_as_there_is_room_for)
{
	for (unsigned over = 0; over < 2; over++) {
		size_t room = (TOKENS_MOST + 1) * 100, length = 0;
		char *text = malloc(room);
		struct tokens tokens = { 0 };

		for (unsigned i = 0; i < TOKENS_MOST + over; i++)
			length += (size_t)snprintf(text + length, room - length, "t%u push %s\n", i,
						   HASH);
		cr_assert_eq(tokens_parse((struct span){ text, length }, &tokens, NULL), !over);
		free(text);
	}
}

Test(parts, token_files)
{
	char path[] = "/tmp/mxsplit-tokens-XXXXXX";
	int fd = mkstemp(path);
	struct tokens tokens;
	const struct token *found;
	struct err err = { 0 };

	cr_assert_eq(write(fd, "anna operate " HASH "\n", 13 + 65), 13 + 65);
	cr_assert(tokens_read(path, &tokens, &err), "%s", err.text);
	found = tokens_find(&tokens, SPAN("operator"));
	cr_assert(found && strcmp(found->name, "anna") == 0 && found->role == ROLE_OPERATE);
	cr_assert(!tokens_find(&tokens, SPAN("operatoR")) && !tokens_find(&tokens, SPAN("")));
	fchmod(fd, 0620);
	cr_assert(!tokens_read(path, &tokens, &err) && strstr(err.text, "chmod 600"), "%s",
		  err.text);
	cr_assert_eq(tokens.count, 1u);
	fchmod(fd, 0600);
	cr_assert_eq(ftruncate(fd, TOKENS_FILE + 1), 0);
	cr_assert(!tokens_read(path, &tokens, &err) && strstr(err.text, "longer than"), "%s",
		  err.text);
	close(fd);
	unlink(path);
	cr_assert(tokens_read(path, &tokens, &err), "%s", err.text);
	cr_assert_eq(tokens.count, 0u);
	cr_assert(!tokens_read("/tmp", &tokens, &err));
}

static bool
described(const char *path, const char *method)
{
	FILE *file = fopen("web/openapi.yaml", "r");
	char line[256], wanted_path[256], wanted_method[32];
	bool inside = false, found = false;

	cr_assert(file != NULL, "web/openapi.yaml is not there; run from the top of the tree");
	snprintf(wanted_path, sizeof(wanted_path), "  %s:\n", path);
	snprintf(wanted_method, sizeof(wanted_method), "    %s:\n", method);
	for (char *at = wanted_method; *at; at++)
		*at = (char)tolower((unsigned char)*at);
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, "  /", 3) == 0 || line[0] != ' ')
			inside = strcmp(line, wanted_path) == 0;
		found = found || (inside && strcmp(line, wanted_method) == 0);
	}
	fclose(file);
	return found;
}

/* Every status that anything here answers has its type. */
Test(parts, problems_have_types_of_their_own)
{
	for (const struct problem *row = problem_table; row->status; row++)
		for (const struct problem *other = row + 1; other->status; other++)
			cr_assert(row->status < other->status &&
					  strcmp(row->name, other->name) != 0,
				  "%s, %s", row->name, other->name);
}

Test(parts, openapi_describes_exactly_the_routes)
{
	static const char *const methods[] = { "get", "put", "post", "delete", "patch" };
	FILE *file = fopen("web/openapi.yaml", "r");
	unsigned rows = 0, operations = 0;
	char line[256];

	cr_assert(file != NULL);
	for (const struct route *row = routes_table; row->pattern; row++, rows++)
		cr_assert(described(row->pattern, row->method), "%s %s", row->method, row->pattern);
	while (fgets(line, sizeof(line), file))
		for (size_t i = 0; i < ROWS(methods); i++)
			operations += strncmp(line, "    ", 4) == 0 &&
				      strncmp(line + 4, methods[i], strlen(methods[i])) == 0 &&
				      strcmp(line + 4 + strlen(methods[i]), ":\n") == 0;
	cr_assert_eq(operations, rows, "%u operations, %u routes", operations, rows);
	fclose(file);
}
