/* SPDX-License-Identifier: MIT */
/*
 * Locks of a program, on descriptors that were opened before the object had a size. And a lock of
 * the kernel, which a write keeps until it has its bytes.
 */
#include "tests/posix/cases.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/late-page.h"

#define SIZE 8192

static int lock_first_byte(int fd, short kind)
{
	struct flock lock = {.l_type = kind, .l_whence = SEEK_SET, .l_len = 1};

	return fcntl(fd, F_SETLK, &lock);
}

/* Two processes in turn: each waits for a byte of the other. */
struct turns {
	int here, there;
};

static void wait_for_turn(const struct turns *turns)
{
	char byte;

	must(read(turns->here, &byte, 1) == 1); /* 0: the other one has ended */
}

static void give_turn(const struct turns *turns)
{
	must(write(turns->there, "t", 1) == 1);
}

/* Until the other one gives it back. */
static void pass_turn(const struct turns *turns)
{
	give_turn(turns);
	wait_for_turn(turns);
}

/*
 * A child that has opened the object before it has a size, and runs function once it has one. The
 * child ends when the turn is given to it again.
 */
static struct turns start_early(
	const char *name, int fd, void (*function)(int early, const struct turns *turns))
{
	int to_child[2], to_parent[2];
	struct turns parent;

	must(fd >= 0 && pipe(to_child) == 0 && pipe(to_parent) == 0);
	if (fork() == 0) {
		const struct turns child = {.here = to_child[0], .there = to_parent[1]};
		const int early = shm_open(name, O_RDWR, 0);

		must(early >= 0 && close(fd) == 0 && close(to_child[1]) == 0);
		pass_turn(&child);
		function(early, &child);
		_exit(0);
	}
	close(to_parent[1]);
	parent = (struct turns){.here = to_parent[0], .there = to_child[1]};
	wait_for_turn(&parent);
	must(ftruncate(fd, SIZE) == 0);
	pass_turn(&parent);
	return parent;
}

static void end_early(const struct turns *turns)
{
	int status;

	give_turn(turns);
	must(wait(&status) > 0 && status == 0);
}

static void write_locked(int early, const struct turns *turns)
{
	must(flock(early, LOCK_EX) == 0 && write(early, "ab", 2) == 2 && write(early, "c", 1) == 1);
	must(ftruncate(early, SIZE) == 0 && pwrite(early, "d", 1, 3) == 1);
	pass_turn(turns);
	must(flock(early, LOCK_UN) == 0 && cases_size(early) == SIZE);
	must((fcntl(early, F_GETFL) & O_ACCMODE) == O_RDWR && write(early, "x", 1) == 1);
	pass_turn(turns);
}

CASE(flock_lasts_while_an_early_descriptor_writes)
{
	const int fd = shm_open(name, O_CREAT | O_RDWR, 0600);
	const struct turns turns = start_early(name, fd, write_locked);
	char bytes[5] = "";

	fails(flock(fd, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	pass_turn(&turns);
	must(flock(fd, LOCK_EX | LOCK_NB) == 0);
	must(pread(fd, bytes, 4, 0) == 4 && strcmp(bytes, "abcx") == 0);
	end_early(&turns);
}

static void map_locked(int early, const struct turns *turns)
{
	must(lock_first_byte(early, F_RDLCK) == 0 && cases_size(early) == SIZE);
	cases_map(early, SIZE)[0] = 'm';
	pass_turn(turns);
}

CASE(a_lock_of_fcntl_lasts_while_an_early_descriptor_is_mapped)
{
	const int fd = shm_open(name, O_CREAT | O_RDWR, 0600);
	const struct turns turns = start_early(name, fd, map_locked);

	fails(lock_first_byte(fd, F_WRLCK), EAGAIN);
	must(cases_map(fd, SIZE)[0] == 'm');
	end_early(&turns);
	must(lock_first_byte(fd, F_WRLCK) == 0);
}

static void lock_for_writing(int early, const struct turns *turns)
{
	must(lock_first_byte(early, F_WRLCK) == 0 && cases_size(early) == SIZE);
	pass_turn(turns);
	must(lock_first_byte(early, F_RDLCK) == 0 && lockf(early, F_TLOCK, 1) == 0);
	pass_turn(turns);
}

CASE(an_early_descriptor_is_locked_for_writing_once_there_is_a_size)
{
	const int fd = shm_open(name, O_CREAT | O_RDWR, 0600);
	const struct turns turns = start_early(name, fd, lock_for_writing);

	fails(lock_first_byte(fd, F_RDLCK), EAGAIN);
	pass_turn(&turns);
	fails(lock_first_byte(fd, F_RDLCK), EAGAIN);
	end_early(&turns);
}

static void lock_twice(int early, const struct turns *turns)
{
	must(lock_first_byte(early, F_RDLCK) == 0 && lock_first_byte(early, F_WRLCK) == 0);
	must(cases_size(early) == SIZE && write(early, "a", 1) == 1);
	pass_turn(turns);
}

CASE(a_lock_for_reading_of_an_early_descriptor_becomes_one_for_writing)
{
	const int fd = shm_open(name, O_CREAT | O_RDWR, 0600);
	const struct turns turns = start_early(name, fd, lock_twice);

	fails(lock_first_byte(fd, F_RDLCK), EAGAIN);
	end_early(&turns);
}

CASE(a_lock_keeps_out_who_has_opened_an_empty_object)
{
	const int fd = shm_open(name, O_CREAT | O_RDWR, 0600);
	int status;

	must(lock_first_byte(fd, F_WRLCK) == 0);
	if (fork() == 0) {
		fails(lock_first_byte(shm_open(name, O_CREAT | O_RDWR, 0600), F_WRLCK), EAGAIN);
		fails(lockf(shm_open(name, O_CREAT | O_RDWR, 0600), F_TLOCK, 1), EAGAIN);
		_exit(0);
	}
	must(wait(&status) > 0 && status == 0);
}

/* Until it has ended, or sleeps at each of many looks: it waits for a reply. */
static void await_sleep(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	for (int looks = 0; looks < 100; looks++) {
		FILE *file = fopen(path, "r");
		char state = 0;

		must(file && fscanf(file, "%*d %*s %c", &state) == 1 && fclose(file) == 0);
		if (state == 'Z')
			return;
		if (state != 'S')
			looks = 0;
		poll(NULL, 0, 1);
	}
}

/* The broker asks the kernel for what the write keeps, and asks again; meanwhile it serves. */
CASE(a_write_that_does_not_end_keeps_only_its_own_object)
{
	struct late_page page;
	char other[64];
	pid_t peer;
	int status;

	if (!late_page_begin(&page, cases_make(name, SIZE))) {
		must(geteuid() != 0);
		return;
	}
	peer = fork();
	if (peer == 0)
		_exit(shm_open(name, O_RDWR, 0) >= 0 ? 0 : 1);
	await_sleep(peer);
	snprintf(other, sizeof(other), "%s.other", name);
	for (int i = 0; i < 20; i++) {
		const int fd = shm_open(other, O_CREAT | O_EXCL | O_RDWR, 0600);

		must(ftruncate(fd, SIZE) == 0 && shm_unlink(other) == 0 && close(fd) == 0);
	}
	must(late_page_end(&page));
	must(waitpid(peer, &status, 0) == peer && status == 0);
}
