/* SPDX-License-Identifier: MIT */
/* Names of shm_open(3), and the umask. */
#include "posix-lib/name.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* As the C library: slashes at the beginning mean nothing. */
int name_of(const char *name, char out[sizeof(OBJECT_PREFIX) + OBJECT_NAME_MAX])
{
	size_t length;

	while (*name == '/')
		name++;
	length = strnlen(name, OBJECT_NAME_MAX + 1);
	if (length == 0 || memchr(name, '/', length) || strcmp(name, ".") == 0 ||
		strcmp(name, "..") == 0)
		return -EINVAL;
	if (length > OBJECT_NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(out, OBJECT_PREFIX, sizeof(OBJECT_PREFIX) - 1);
	memcpy(out + sizeof(OBJECT_PREFIX) - 1, name, length + 1);
	return 0;
}

/*
 * umask(2) tells the mask only by setting it, and another thread may make a file meanwhile: that one
 * would then have more permissions than it should. So /proc tells (Linux 4.7). Without /proc the mask
 * is set for an instant to the one that gives no permission at all.
 */
static mode_t read_umask(void)
{
	static const char key[] = "\nUmask:";
	char text[512];
	const int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	const ssize_t length = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
	const char *found;
	mode_t mask;

	if (fd >= 0)
		close(fd);
	text[length > 0 ? length : 0] = '\0';
	found = strstr(text, key);
	if (found)
		return (mode_t)strtoul(found + sizeof(key) - 1, NULL, 8);
	mask = umask(0777);
	umask(mask);
	return mask;
}

uint32_t name_mode(mode_t mode)
{
	return mode & 0777 & ~read_umask();
}
