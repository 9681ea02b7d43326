/* SPDX-License-Identifier: MIT */
/* What holds in the broker alone, of a program that knows nothing of prshm. */
#include "tests/posix/cases.h"

#include <endian.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define SIZE 8192

static int make(const char *name)
{
	const int fd = shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600);

	must(fd >= 0 && ftruncate(fd, SIZE) == 0);
	return fd;
}

static void keep_size(int fd)
{
	fails(ftruncate(fd, SIZE * 2), EPERM);
	fails(ftruncate(fd, 0), EPERM);
	fails(pwrite(fd, "x", 1, SIZE), EPERM);
	must(posix_fallocate(fd, 0, SIZE * 2) == EPERM);
	must(ftruncate(fd, SIZE) == 0 && posix_fallocate(fd, 0, SIZE) == 0);
}

CASE(what_two_processes_have_keeps_its_size)
{
	const int fd = make(name);
	int status;

	if (fork() == 0) {
		keep_size(shm_open(name, O_RDWR, 0));
		_exit(0);
	}
	must(wait(&status) > 0 && status == 0);
	keep_size(fd);
	keep_size(shm_open(name, O_RDWR, 0));
}

/* As of libqb's rings, whose two sides do not agree on the last bytes. */
CASE(a_shared_size_but_for_padding)
{
	const int fd = cases_make(name, SIZE + 12);
	int status;

	if (fork() == 0) {
		const int peer = shm_open(name, O_RDWR, 0);

		must(ftruncate(peer, SIZE + 8) == 0 && cases_size(peer) == SIZE + 12);
		fails(ftruncate(peer, SIZE), EPERM);
		fails(ftruncate(peer, SIZE + 13), EPERM);
		_exit(0);
	}
	must(wait(&status) > 0 && status == 0 && cases_size(fd) == SIZE + 12);
}

/* As long as a process has a lease, the broker's open of the memory would wait. */
CASE(a_lease_keeps_nobody_waiting)
{
	const int fd = make(name);
	char other[80];
	int status;

	snprintf(other, sizeof(other), "%s.other", name);
	must(signal(SIGIO, SIG_IGN) != SIG_ERR);
	if (fcntl(fd, F_SETLEASE, F_WRLCK) < 0)
		return; /* not the broker's user, or a kernel that grants none */
	if (fork() == 0) {
		fails(shm_open(name, O_RDWR, 0), EACCES);
		must(shm_open(other, O_CREAT | O_RDWR, 0600) >= 0 && shm_unlink(other) == 0);
		_exit(0);
	}
	must(wait(&status) > 0 && status == 0 && fcntl(fd, F_SETLEASE, F_UNLCK) == 0);
	must(shm_open(name, O_RDWR, 0) >= 0);
}

/* The broker and the library know nothing of the copy. */
CASE(what_a_copy_of_the_process_has_keeps_its_size)
{
	const int fd = make(name);
	const pid_t copy = _Fork();
	int status;

	if (copy == 0) {
		pause();
		_exit(1);
	}
	must(close(fd) == 0);
	keep_size(shm_open(name, O_RDWR, 0));
	must(kill(copy, SIGKILL) == 0 && wait(&status) == copy);
}

CASE(a_size_beyond_the_limit_is_no_space)
{
	const int fd = shm_open(name, O_CREAT | O_RDWR, 0600);

	fails(ftruncate(fd, (off_t)1 << 60), ENOSPC);
	must(posix_fallocate(fd, 0, (off_t)1 << 60) == ENOSPC);
	must(ftruncate(fd, SIZE) == 0);
}

static void add_entry(unsigned char *list, size_t *used, uint16_t who, uint32_t id)
{
	const struct {
		uint16_t who, may;
		uint32_t id;
	} entry = {htole16(who), htole16(6), htole32(id)};

	memcpy(list + *used, &entry, sizeof(entry));
	*used += sizeof(entry);
}

static int set_list(int fd, unsigned int users)
{
	unsigned char list[1000] = {2};
	size_t used = 4;

	add_entry(list, &used, 0x01, UINT32_MAX);
	for (unsigned int i = 0; i < users; i++)
		add_entry(list, &used, 0x02, 1000 + i);
	add_entry(list, &used, 0x04, UINT32_MAX);
	add_entry(list, &used, 0x10, UINT32_MAX);
	add_entry(list, &used, 0x20, UINT32_MAX);
	return fsetxattr(fd, "system.posix_acl_access", list, used, 0);
}

CASE(an_access_list_has_thirty_two_users)
{
	unsigned char list[1000];
	const int fd = make(name);

	fails(set_list(fd, 33), ENOSPC);
	must(flistxattr(fd, NULL, 0) == 0 && set_list(fd, 32) == 0);
	must(fgetxattr(fd, "system.posix_acl_access", list, sizeof(list)) == 4 + 36 * 8);
}

CASE(the_limit_of_file_sizes_counts)
{
	const struct rlimit limit = {SIZE, RLIM_INFINITY};
	const int fd = shm_open(name, O_CREAT | O_RDWR, 0600);

	signal(SIGXFSZ, SIG_IGN);
	must(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	fails(ftruncate(fd, SIZE + 1), EFBIG);
	must(ftruncate(fd, SIZE) == 0);
}

/* The script gives this user 64 MiB of the broker, and /dev/shm 64 KiB. */
CASE(room_is_what_the_user_may_have)
{
	const int fd = make(name);
	struct statvfs room;
	struct statfs same;

	must(fstatvfs(fd, &room) == 0 && fstatfs(fd, &same) == 0);
	must(room.f_blocks * room.f_frsize == 64 << 20 && room.f_bavail < room.f_blocks);
	must(same.f_blocks == room.f_blocks && same.f_bavail == room.f_bavail);
	must(fstatvfs(open("/", O_RDONLY), &room) == 0 &&
		room.f_blocks * room.f_frsize != 64 << 20);
}

CASE(truncating_leaves_others_their_memory)
{
	const int fd = make(name);
	char *bytes = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	int other;

	bytes[0] = 1;
	other = shm_open(name, O_RDWR | O_TRUNC, 0);
	must(other >= 0 && bytes[0] == 1);
}

/*
 * The library's socket is not the program's, and a program that closes all does not lose its
 * objects.
 */
CASE(a_program_closes_all_it_does_not_know)
{
	const int fd = make(name);
	struct stat st;

	for (int other = 3; other < 2000; other++) {
		if (other != fd)
			close(other);
	}
	must(fstat(fd, &st) == 0 && st.st_size == SIZE && st.st_nlink == 1);
	must(shm_open(name, O_RDWR, 0) == (fd > 3 ? 3 : 4));
}

static void *open_and_close(void *data)
{
	for (int i = 0; i < 200; i++) {
		const int fd = shm_open(data, O_RDWR, 0);
		void *bytes = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);

		must(bytes != MAP_FAILED && close(fd) == 0 && munmap(bytes, SIZE) == 0);
	}
	return NULL;
}

CASE(threads_open_and_close_the_same_object)
{
	pthread_t threads[4];

	make(name);
	for (size_t i = 0; i < 4; i++)
		must(pthread_create(&threads[i], NULL, open_and_close, (char *)name) == 0);
	for (size_t i = 0; i < 4; i++)
		must(pthread_join(threads[i], NULL) == 0);
}

/* The broker is told to forget objects below this name after a second without a holder. */
CASE(a_child_holds_what_its_parent_had)
{
	int done[2];
	char byte;

	must(pipe(done) == 0);
	if (fork() == 0) {
		const int fd = make(name);

		if (fork() > 0)
			_exit(0); /* the parent ends, and its child has the descriptor */
		sleep(3);
		must(shm_open(name, O_RDWR, 0) >= 0 && fd >= 0);
		must(write(done[1], "x", 1) == 1);
		_exit(0);
	}
	close(done[1]);
	must(read(done[0], &byte, 1) == 1);
}

#ifndef SYS_mmap2
#define SYS_mmap2 SYS_mmap
#endif

/* The other one by a call of the kernel's, of which the library does not hear. */
CASE(a_mapping_alone_holds)
{
	const int fd = make(name);
	char other[64];
	int fd_of_other;

	snprintf(other, sizeof(other), "%s-other", name);
	fd_of_other = make(other);
	must(mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED && close(fd) == 0);
	must(syscall(SYS_mmap2, 0, SIZE, PROT_READ, MAP_SHARED, fd_of_other, 0) != -1);
	must(close(fd_of_other) == 0);
	sleep(3);
	must(shm_open(name, O_RDWR, 0) >= 0);
	must(shm_open(other, O_RDWR, 0) >= 0 && shm_unlink(other) == 0);
}

CASE(a_copy_alone_holds)
{
	const int copy = dup(make(name));

	close_range(3, (unsigned int)copy - 1, 0);
	sleep(3);
	must(shm_open(name, O_RDWR, 0) >= 0);
}

CASE(what_nobody_holds_goes)
{
	const int fd = make(name);

	close(fd);
	sleep(3);
	fails(shm_open(name, O_RDWR, 0), ENOENT);
}

int main(int count, char **arguments)
{
	return cases_run(count, arguments);
}
