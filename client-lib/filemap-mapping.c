/* SPDX-License-Identifier: MIT */
/*
 * Maps a PRFileMap. As in NSPR, mappings are not recorded, and PR_MemUnmap unmaps what it is given.
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "client-lib/failure.h"
#include "client-lib/filemap.h"
#include "client-lib/foreign.h"

static uint64_t page_size(void)
{
	return (uint64_t)sysconf(_SC_PAGESIZE);
}

PRInt32 PR_GetMemMapAlignment(void)
{
	return (PRInt32)page_size();
}

/*
 * Whether the range is inside the memory. mmap(2) would map pages beyond the end, too, but an
 * access there is a SIGBUS. A negative offset becomes a very large unsigned one.
 */
static bool is_inside(const struct memory *memory, PROffset64 offset, PRUint32 length)
{
	const uint64_t page = page_size();
	const uint64_t end = (memory->size + page - 1) / page * page;
	const uint64_t begin = (uint64_t)offset;

	return begin % page == 0 && begin < end && length > 0 && length <= end - begin;
}

void *PR_MemMap(PRFileMap *map, PROffset64 offset, PRUint32 length)
{
	PRFileMapProtect protection;
	void *address;

	if (map && !filemap_is_own(map))
		return foreign_map_memory(map, offset, length);
	if (!map || !is_inside(&map->memory, offset, length)) {
		failure_set(-EINVAL);
		return NULL;
	}
	if (!memory_is_own(&map->memory)) {
		failure_set(-EBADF);
		return NULL;
	}
	protection = map->memory.reference.protection;
	address = mmap(NULL, length,
		protection == PR_PROT_READONLY ? PROT_READ : PROT_READ | PROT_WRITE,
		protection == PR_PROT_WRITECOPY ? MAP_PRIVATE : MAP_SHARED,
		map->memory.reference.fd, (off_t)offset);
	if (address != MAP_FAILED)
		return address;
	failure_set(errno == EAGAIN ? -ENOMEM : -errno); /* EAGAIN: mlockall(2), and its limit */
	return NULL;
}

static PRStatus finish(int result)
{
	if (result == 0)
		return PR_SUCCESS;
	failure_set(-errno);
	return PR_FAILURE;
}

PRStatus PR_MemUnmap(void *address, PRUint32 length)
{
	if (!address) /* munmap(2) would succeed: nothing is mapped there */
		errno = EINVAL;
	return finish(address ? munmap(address, length) : -1);
}

PRStatus PR_SyncMemMap(PRFileDesc *fd, void *address, PRUint32 length)
{
	(void)fd;
	return finish(msync(address, length, MS_SYNC));
}
