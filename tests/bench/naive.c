/*
 * The reader that one writes in an afternoon: getline, sscanf, strstr; a bounce is a line with
 * "from=<>". Not part of mxsplit: it is there to be compared with, in speed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES 1024

static struct {
	char name[256];
	long count;
} domains[NAMES];
static int used;

static void
count(const char *domain)
{
	int i = 0;

	while (i < used && strcmp(domains[i].name, domain) != 0)
		i++;
	if (i == NAMES)
		return;
	if (i == used)
		snprintf(domains[used++].name, sizeof(domains[0].name), "%s", domain);
	domains[i].count++;
}

int
main(int argc, char **argv)
{
	FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
	char *line = NULL;
	size_t room = 0;
	long lines = 0;

	if (!file)
		return 1;
	while (getline(&line, &room, file) > 0) {
		char month[4], host[64], daemon[64], message[4096], domain[256];
		int day, hour, minute, second, pid;
		const char *to;

		lines++;
		if (sscanf(line, "%3s %d %d:%d:%d %63s postfix/%63[^[][%d]: %4095[^\n]", month,
			   &day, &hour, &minute, &second, host, daemon, &pid, message) != 9)
			continue;
		if (!strstr(message, "from=<>"))
			continue;
		to = strstr(message, "to=<");
		if (to && sscanf(to, "to=<%*[^@]@%255[^>]", domain) == 1)
			count(domain);
		else
			count("(none)");
	}
	printf("%ld lines\n", lines);
	for (int i = 0; i < used; i++)
		printf("%s %ld\n", domains[i].name, domains[i].count);
	free(line);
	fclose(file);
	return 0;
}
