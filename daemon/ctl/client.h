/*
 * What the commands share that ask a running daemon: where it is, one HTTP call, and what its
 * answer means as an exit code. Errors are said on standard error, in sentences.
 *
 *   65 the daemon does not take the input   69 it cannot be reached
 *   75 not now, try later                   77 refused
 */
#ifndef CTL_CLIENT_H
#define CTL_CLIENT_H

#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>

#define CLIENT_SOCKET "/run/mxsplit/api.sock"
#define CLIENT_TIMEOUT_MS 10000L
#define CLIENT_CONNECT_MS 3000L
#define CLIENT_ANSWER (16 << 20) /* bytes */
#define CLIENT_TOKEN 256

struct client {
	const char *socket; /* from the caller; used unless there is an url */
	const char *url;
	const char *token_file;
	bool json; /* --json: the answer as it came */
	bool help;
};

/* Rows for getopt_long, and the values that client_option takes. */
#define CLIENT_OPTIONS                                                                             \
	{ "socket", required_argument, NULL, 'S' }, { "url", required_argument, NULL, 'U' },       \
		{ "token-file", required_argument, NULL, 'T' },                                    \
		{ "json", no_argument, NULL, 'J' },                                                \
	{                                                                                          \
		"help", no_argument, NULL, 'h'                                                     \
	}
#define CLIENT_USAGE                                                                               \
	"  --socket PATH      the daemon's socket (MXSPLIT_SOCKET, " CLIENT_SOCKET ")\n"           \
	"  --url URL          ask http://127.0.0.1:8053 instead\n"                                 \
	"  --token-file FILE  the token for it\n"                                                  \
	"  --json             the answer as JSON\n"

struct client client_default(void);

/* Takes one of CLIENT_OPTIONS; false when it is none of them. */
bool client_option(struct client *client, int option, char *value);

/*
 * Asks; `body` may be NULL. EX_OK and the answer, which the caller frees with json_decref; or
 * another exit code, and the sentence has been said.
 */
int client_call(const struct client *client, const char *method, const char *path,
		const json_t *body, json_t **answer_out);

/* True when the text can stand in a path as it is; else says so. */
bool client_domain(const char *domain);

/* Prints a JSON document and a newline. EX_OK, or EX_IOERR. */
int client_print(const json_t *document);

#endif
