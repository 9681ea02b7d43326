/* SPDX-License-Identifier: MIT */
/* Names of shm_open(3), and the umask. */
#include "posix-lib/name.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "posix-lib/export.h"
#include "posix-lib/next.h"

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
 * umask(2) tells the mask only by setting it, and another thread may make a file meanwhile: that
 * one would then have more permissions than it should. So /proc tells (Linux 4.7). Without /proc
 * the mask is set for an instant to the one that gives no permission at all.
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
	mask = next()->umask(0777);
	next()->umask(mask);
	return mask;
}

/*
 * /proc takes longer than the broker, so the mask is kept until the program calls umask(2). Each
 * call counts before and after: what was read in between is not kept for longer.
 */
static atomic_uint changes = 1;
static _Atomic uint64_t known; /* the count at which it was read, and the mask in the lowest bits */

EXPORT mode_t umask(mode_t mask)
{
	mode_t before;

	atomic_fetch_add(&changes, 1);
	before = next()->umask(mask);
	atomic_fetch_add(&changes, 1);
	return before;
}

static mode_t find_umask(void)
{
	const uint64_t count = atomic_load(&changes);
	const uint64_t last = atomic_load(&known);
	mode_t mask;

	if (last >> 9 == count)
		return (mode_t)(last & 0777);
	mask = read_umask() & 0777;
	atomic_store(&known, count << 9 | mask);
	return mask;
}

uint32_t name_mode(mode_t mode)
{
	return mode & 0777 & ~find_umask();
}
