/* SPDX-License-Identifier: MIT */
/* POSIX shared memory: shm_open(3). No process to ask, so no round trip. */
#include "bench/contenders.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static char existing[32];
static char created[32];

static int create(const char *name)
{
	int fd = shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600);

	if (fd >= 0 && ftruncate(fd, (off_t)SEGMENT_BYTES) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Attach, detach and close, by what shm_open(3) tells its users: fstat(2) gives the size. */
static bool use(int fd)
{
	struct stat st;
	void *address;
	bool ok = fd >= 0 && fstat(fd, &st) == 0;

	if (ok) {
		address = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		ok = address != MAP_FAILED && munmap(address, (size_t)st.st_size) == 0;
	}
	return fd >= 0 && close(fd) == 0 && ok;
}

bool posix_shm_setup(struct competitor *self, const struct place *place)
{
	int fd;

	(void)place;
	snprintf(existing, sizeof(existing), "/prshm-bench-%d-a", (int)getpid());
	snprintf(created, sizeof(created), "/prshm-bench-%d-b", (int)getpid());
	fd = create(existing);
	if (fd < 0)
		return competitor_missing(self, "shm_open: %s", strerror(errno));
	close(fd);
	return true;
}

bool posix_shm_open(struct competitor *self)
{
	(void)self;
	return use(shm_open(existing, O_RDWR, 0));
}

bool posix_shm_create(struct competitor *self)
{
	(void)self;
	return use(create(created)) && shm_unlink(created) == 0;
}

void posix_shm_teardown(struct competitor *self)
{
	(void)self;
	shm_unlink(existing);
	shm_unlink(created); /* there only if the run was cut short */
}
