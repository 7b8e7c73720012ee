/*
 * A directory of its own for a test, and a database in it.
 */
#ifndef TESTS_STORE_ROOM_H
#define TESTS_STORE_ROOM_H

#include "daemon/store/store.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct room {
	char directory[64];
	char path[80];
	struct store *store;
	struct err err;
};

static inline void
room_open(struct room *room, bool *rebuilt)
{
	cr_assert(store_open(room->path, STORE_WRITE, &room->store, rebuilt, &room->err), "%s",
		  room->err.text);
}

static inline struct room
room_make(void)
{
	struct room room = { .directory = "/tmp/mxsplit-store-XXXXXX" };

	cr_assert(mkdtemp(room.directory) != NULL);
	snprintf(room.path, sizeof(room.path), "%s/db", room.directory);
	return room;
}

/* How many files in the room begin with this. */
static inline unsigned
room_files(const struct room *room, const char *head)
{
	DIR *dir = opendir(room->directory);
	unsigned count = 0;

	for (struct dirent *entry; (entry = readdir(dir));)
		count += entry->d_name[0] != '.' && strncmp(entry->d_name, head, strlen(head)) == 0;
	closedir(dir);
	return count;
}

static inline void
room_clear(struct room *room)
{
	DIR *dir = opendir(room->directory);

	store_close(room->store);
	for (struct dirent *entry; (entry = readdir(dir));)
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
	rmdir(room->directory);
}

#endif
