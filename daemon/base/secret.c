#include "daemon/base/secret.h"

#include <string.h>

#define OTHERS 077u
#define GROUP_READS 040u

unsigned
secret_others(const char *path, const char *credentials)
{
	size_t length = credentials ? strlen(credentials) : 0;

	if (length == 0 || strncmp(path, credentials, length) != 0 || path[length] != '/' ||
	    strstr(path + length, "/../"))
		return OTHERS;
	return OTHERS & ~GROUP_READS;
}
