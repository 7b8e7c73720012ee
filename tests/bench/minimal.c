/*
 * The least that libmicrohttpd serves: one answer of so many bytes, for make bench-api. Prints the
 * port, ends with its standard input.
 */
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t length;
static char *body;

static enum MHD_Result
answer(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
       const char *version, const char *upload, size_t *upload_size, void **context)
{
	static int seen;
	struct MHD_Response *response;
	enum MHD_Result result;

	(void)cls, (void)url, (void)method, (void)version, (void)upload, (void)upload_size;
	if (!*context) {
		*context = &seen;
		return MHD_YES;
	}
	response = MHD_create_response_from_buffer(length, body, MHD_RESPMEM_PERSISTENT);
	result = MHD_queue_response(connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return result;
}

int
main(int argc, char **argv)
{
	struct MHD_Daemon *daemon;

	length = argc > 1 ? strtoul(argv[1], NULL, 10) : 5;
	body = malloc(length + 1);
	if (!body)
		return 1;
	memset(body, 'x', length);
	daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, answer, NULL,
				  MHD_OPTION_END);
	if (!daemon)
		return 1;
	printf("%u\n", MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
	fflush(stdout);
	while (getchar() != EOF)
		;
	MHD_stop_daemon(daemon);
	free(body);
	return 0;
}
