#include "daemon/sys/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t
microseconds(clockid_t clock)
{
	struct timespec now = { 0 };

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

int64_t
clock_now_us(void)
{
	return microseconds(CLOCK_REALTIME);
}

int64_t
clock_steady_us(void)
{
	return microseconds(CLOCK_BOOTTIME);
}

const char *
clock_boot_id(void)
{
	static char id[CLOCK_BOOT_ID];
	FILE *file;

	if (id[0])
		return id;
	file = fopen("/proc/sys/kernel/random/boot_id", "re");
	if (!file)
		return id;
	if (fgets(id, sizeof(id), file))
		id[strcspn(id, "\n")] = '\0';
	fclose(file);
	return id;
}
