#include "daemon/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool
err_set(struct err *err, enum err_kind kind, const char *format, ...)
{
	va_list args;

	if (!err)
		return false;
	err->kind = kind;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return false;
}

bool
err_while(struct err *err, const char *format, ...)
{
	char before[sizeof(err->text)];
	size_t length, room;
	va_list args;

	if (!err)
		return false;
	va_start(args, format);
	vsnprintf(before, sizeof(before), format, args);
	va_end(args);
	length = strlen(before);
	if (length + 3 > sizeof(err->text))
		return false;
	room = sizeof(err->text) - length - 3;
	if (strlen(err->text) > room)
		err->text[room] = '\0';
	memmove(err->text + length + 2, err->text, strlen(err->text) + 1);
	memcpy(err->text, before, length);
	memcpy(err->text + length, ": ", 2);
	return false;
}
