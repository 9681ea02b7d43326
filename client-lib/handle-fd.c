/* SPDX-License-Identifier: MIT */
/* The descriptors of a handle: few are kept, and what is missing is asked for. */
#include "client-lib/handle-fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client-lib/descriptor.h"

/* This many are never too many. */
#define FEW 16U

static atomic_uint count;        /* of all handles */
static atomic_uint enough = FEW; /* this many are not too many, by the limit as it was last seen */

int handle_fd_verify(int fd, uint64_t size, struct stat *st)
{
	return descriptor_is_sealed(fd, st) && (uint64_t)st->st_size == size ? 0 : -EPROTO;
}

/* Whether fd, one of the handle's two descriptors, is still the handle's memory. */
static bool is_own(const PRSharedMemory *handle, int fd)
{
	return descriptor_is(fd, handle->device, handle->inode);
}

/*
 * Whether fd is the handle's memory; at the first use also whether the memory has the size that was
 * told, and nobody can resize it. Nothing takes a seal away.
 */
static int check(PRSharedMemory *handle, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || st.st_dev != handle->device || st.st_ino != handle->inode)
		return -EBADF;
	if (atomic_load_explicit(&handle->checked, memory_order_relaxed))
		return 0;
	if (!descriptor_has_seals(fd) || (uint64_t)st.st_size != handle->size)
		return -EPROTO;
	atomic_store_explicit(&handle->checked, true, memory_order_relaxed);
	return 0;
}

static unsigned int ask_limit(void)
{
	struct rlimit limit;
	rlim_t quarter = UINT_MAX;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur / 4 < quarter)
		quarter = limit.rlim_cur / 4;
	return quarter > FEW ? (unsigned int)quarter : FEW;
}

/* The program may change the limit. Asked at each open, the limit costs as much as a close. */
static bool is_scarce(void)
{
	const unsigned int have = atomic_load_explicit(&count, memory_order_relaxed);

	if (have > FEW && (have % FEW == 0 || have > atomic_load(&enough)))
		atomic_store(&enough, ask_limit());
	return have > atomic_load(&enough);
}

void handle_fd_set(PRSharedMemory *handle, int fd)
{
	atomic_init(&handle->fd, fd);
	atomic_init(&handle->readonly_fd, -1);
	atomic_fetch_add(&count, fd >= 0);
}

static void close_one(PRSharedMemory *handle, atomic_int *of)
{
	const int fd = atomic_exchange(of, -1);

	if (fd < 0)
		return;
	atomic_fetch_sub(&count, 1);
	if (is_own(handle, fd))
		close(fd);
}

void handle_fd_close(PRSharedMemory *handle)
{
	close_one(handle, &handle->fd);
	close_one(handle, &handle->readonly_fd);
}

/* Nobody else has the handle yet. Huge pages have a mapping that cannot be duplicated. */
void handle_fd_save(PRSharedMemory *handle)
{
	const int protection = handle->access & WIRE_WRITE ? PROT_READ | PROT_WRITE : PROT_READ;
	struct mappings *mappings = &handle->mappings;

	if (!handle->reopens || !(handle->access & WIRE_READ) || (handle->access & WIRE_HUGE) ||
		!is_scarce() || check(handle, atomic_load(&handle->fd)) != 0)
		return;
	if (!mappings->ready) {
		void *address = mmap(
			NULL, mappings->size, protection, MAP_SHARED, atomic_load(&handle->fd), 0);

		if (address == MAP_FAILED)
			return;
		mappings->ready = address;
	}
	mappings->keeps = true;
	handle_fd_close(handle);
}

/*
 * Asks the broker, and checks that this is the handle's memory: a broker that has lost all gives
 * the numbers again, and in a child of fork(2) the handles are those of the child. Two threads may
 * ask at once; then the second thread closes its descriptor. There is no lock, so that a child of
 * fork finds no lock held.
 */
static int ask(PRSharedMemory *handle, uint64_t which, int access, int *fd)
{
	struct broker_answer answer;
	struct stat st;
	struct wire_request request = {
		.header = {.op = WIRE_OP_REOPEN},
		.reopen = {.segment = which},
	};
	int outcome = connection_call(&request, &answer);

	if (outcome != 0)
		return outcome;
	outcome = handle_fd_verify(answer.fd, handle->mappings.size, &st);
	if (outcome == 0 && !is_own(handle, answer.fd))
		outcome = STATUS_NOT_FOUND;
	if (outcome == 0 && (fcntl(answer.fd, F_GETFL) & O_ACCMODE) != access)
		outcome = -EPROTO;
	if (outcome == 0)
		*fd = answer.fd;
	else if (answer.fd >= 0)
		close(answer.fd);
	return outcome;
}

/* Keeps the descriptor, unless another thread was first. */
static int keep(atomic_int *of, int fd)
{
	int known = -1;

	if (!atomic_compare_exchange_strong(of, &known, fd)) {
		close(fd);
		return known;
	}
	atomic_fetch_add(&count, 1);
	return fd;
}

int handle_fd_get(PRSharedMemory *handle, int *fd)
{
	const int access = handle->access & WIRE_WRITE ? O_RDWR : O_RDONLY;
	int known = atomic_load(&handle->fd);
	int outcome = 0;

	if (known < 0) {
		outcome = ask(handle, WIRE_REOPEN_HANDLE | handle->handle, access, &known);
		if (outcome == 0)
			known = keep(&handle->fd, known);
	}
	if (outcome == 0)
		outcome = check(handle, known);
	if (outcome == 0)
		*fd = known;
	return outcome;
}

/* A mapping of a writable descriptor could be made writable by mprotect(2). */
int handle_fd_get_readonly(PRSharedMemory *handle, int *fd, bool *close_it)
{
	int known = atomic_load(&handle->readonly_fd);
	int outcome;

	*close_it = false;
	if (known >= 0) {
		*fd = known;
		return is_own(handle, known) ? 0 : -EBADF;
	}
	outcome = ask(handle, handle->segment, O_RDONLY, &known);
	if (outcome != 0)
		return outcome;
	*close_it = handle->reopens && is_scarce();
	*fd = *close_it ? known : keep(&handle->readonly_fd, known);
	return 0;
}
