/* SPDX-License-Identifier: MIT */
/*
 * A program that knows nothing of prshm, and uses shm_open(3) in many ways: one case by name, or
 * all. Each case prints a line of TAP. What holds on tmpfs holds here; where the broker differs,
 * the case is in cases-broker.c.
 */
#include "tests/posix/cases.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE 8192

CASE(create_size_map_and_open_again)
{
	const int fd = cases_make(name, SIZE);
	char *bytes = cases_map(fd, SIZE);
	int other;

	strcpy(bytes, "hello");
	other = shm_open(name, O_RDWR, 0);
	must(other >= 0 && cases_size(other) == SIZE);
	must(strcmp(cases_map(other, SIZE), "hello") == 0);
	must(close(other) == 0 && close(fd) == 0);
	must(munmap(bytes, SIZE) == 0);
	must(shm_unlink(name) == 0);
	fails(shm_unlink(name), ENOENT);
	fails(shm_open(name, O_RDWR, 0), ENOENT);
}

CASE(no_broker_is_an_error)
{
	if (!getenv("PRSHM_SOCKET") || access(getenv("PRSHM_SOCKET"), F_OK) == 0)
		return;
	fails(shm_open(name, O_CREAT | O_RDWR, 0600), ECONNREFUSED);
	fails(shm_unlink(name), ECONNREFUSED);
}

CASE(errors_of_opening)
{
	char longest[256] = "/";
	const int fd = cases_make(name, 1);

	fails(shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600), EEXIST);
	fails(shm_open("", O_CREAT | O_RDWR, 0600), EINVAL);
	fails(shm_open("/", O_CREAT | O_RDWR, 0600), EINVAL);
	fails(shm_open("/a/b", O_CREAT | O_RDWR, 0600), EINVAL);
	fails(shm_unlink("/a/b"), ENOENT);
	fails(ftruncate(fd, -1), EINVAL);
	memset(longest + 1, 'x', 254);
	close(shm_open(longest, O_CREAT | O_RDWR, 0600));
	must(shm_unlink(longest) == 0);
	close(fd);
}

CASE(lowest_free_descriptor)
{
	const int before = dup(0);
	int fd;

	close(before);
	fd = cases_make(name, 1);
	must(fd == before);
	close(fd);
	close(0);
	must(shm_open(name, O_RDONLY, 0) == 0);
}

CASE(size_up_and_down_before_it_is_shared)
{
	const int fd = cases_make(name, SIZE);

	must(cases_size(fd) == SIZE);
	must(posix_fallocate(fd, 0, SIZE * 2) == 0 && cases_size(fd) == SIZE * 2);
	must(ftruncate(fd, 100) == 0 && cases_size(fd) == 100);
	must(fallocate(fd, 0, 0, SIZE) == 0 && cases_size(fd) == SIZE);
	must(ftruncate(fd, 0) == 0 && cases_size(fd) == 0);
	must(ftruncate(fd, SIZE) == 0);
	cases_map(fd, SIZE)[SIZE - 1] = 1;
}

CASE(sized_by_writing)
{
	const int fd = shm_open(name, O_CREAT | O_RDWR, 0600);
	char byte = 'x';
	int other;

	must(lseek(fd, SIZE - 1, SEEK_SET) == SIZE - 1 && write(fd, &byte, 1) == 1);
	other = shm_open(name, O_RDWR, 0);
	must(cases_size(other) == SIZE && cases_map(other, SIZE)[SIZE - 1] == 'x');
	must(lseek(other, 0, SEEK_CUR) == 0);
}

CASE(opened_before_it_is_sized)
{
	const int fd = shm_open(name, O_CREAT | O_RDWR, 0600);
	const int early = shm_open(name, O_RDWR, 0);
	char *bytes;

	must(cases_size(early) == 0);
	must(ftruncate(fd, SIZE) == 0);
	must(cases_size(early) == SIZE);
	bytes = cases_map(early, SIZE);
	bytes[0] = 'e';
	must(cases_map(fd, SIZE)[0] == 'e');
}

CASE(a_copy_of_an_early_descriptor_maps_for_writing)
{
	const int fd = shm_open(name, O_CREAT | O_RDWR, 0600);
	const int early = shm_open(name, O_RDWR, 0);
	const int copy = dup(early);

	must(ftruncate(fd, SIZE) == 0);
	cases_map(copy, SIZE)[1] = 'c';
	must(cases_map(fd, SIZE)[1] == 'c');
}

CASE(both_size_it)
{
	const int fd = shm_open(name, O_CREAT | O_RDWR, 0600);
	const int other = shm_open(name, O_CREAT | O_RDWR, 0600);

	must(ftruncate(other, SIZE) == 0 && ftruncate(fd, SIZE) == 0);
	cases_map(other, SIZE)[0] = 1;
	must(cases_map(fd, SIZE)[0] == 1);
	must(cases_size(fd) == SIZE && cases_size(other) == SIZE);
}

CASE(written_by_either_descriptor_before_it_is_sized)
{
	const int fd = shm_open(name, O_CREAT | O_RDWR, 0600);
	const int other = shm_open(name, O_RDWR, 0);
	char byte;

	must(lseek(other, SIZE - 1, SEEK_SET) == SIZE - 1 && write(other, "y", 1) == 1);
	must(cases_size(fd) == SIZE && pread(fd, &byte, 1, SIZE - 1) == 1 && byte == 'y');
	must(ftruncate(other, SIZE / 2) == 0 && ftruncate(fd, SIZE) == 0);
	must(pwrite(fd, "z", 1, 0) == 1 && cases_map(other, SIZE)[0] == 'z');
}

CASE(another_process_writes_it_first)
{
	const int fd = shm_open(name, O_CREAT | O_RDWR, 0600);
	char bytes[4] = "";
	int status;

	if (fork() == 0) {
		const int early = shm_open(name, O_RDWR, 0);

		must(fcntl(early, F_SETFL, O_APPEND) == 0 && write(early, "abc", 3) == 3);
		must((fcntl(early, F_GETFL) & O_APPEND) && lseek(early, 0, SEEK_CUR) == 3);
		_exit(0);
	}
	must(wait(&status) > 0 && status == 0);
	must(cases_size(fd) >= 3 && pread(fd, bytes, 3, 0) == 3 && bytes[0] == 'a');
}

CASE(another_process_makes_room_by_a_copy)
{
	const int fd = shm_open(name, O_CREAT | O_RDWR, 0600);
	int status;

	if (fork() == 0) {
		const int copy = fcntl(shm_open(name, O_RDWR, 0), F_DUPFD, 100);

		must(copy >= 100 && fallocate(copy, 0, 0, SIZE) == 0);
		_exit(0);
	}
	must(wait(&status) > 0 && status == 0 && cases_size(fd) == SIZE);
}

CASE(an_empty_one_that_nobody_has_is_sized_later)
{
	int fd = shm_open(name, O_CREAT | O_RDWR, 0640);
	struct stat st;

	must(close(fd) == 0 && (fd = shm_open(name, O_RDWR, 0)) >= 0);
	must(write(fd, "abc", 3) == 3 && ftruncate(fd, SIZE) == 0 && ftruncate(fd, 2) == 0);
	must(fstat(fd, &st) == 0 && st.st_size == 2 && (st.st_mode & 0777) == 0640);
	must(close(fd) == 0 && (fd = shm_open(name, O_RDONLY, 0)) >= 0 && cases_size(fd) == 2);
}

/* Also when fstat(2) was called before, and when the child has it by another open. */
CASE(status_tells_what_another_process_changes)
{
	const int fd = cases_make(name, SIZE);
	const int other = shm_open(name, O_RDWR, 0);
	struct stat st;
	int status;

	must(fstat(fd, &st) == 0 && (st.st_mode & 0777) == 0600 && st.st_nlink == 1);
	for (int unlinks = 0; unlinks < 2; unlinks++) {
		if (fork() == 0) {
			must(unlinks ? shm_unlink(name) == 0
				     : fchmod(shm_open(name, O_RDWR, 0), 0640) == 0);
			_exit(0);
		}
		must(wait(&status) > 0 && status == 0);
		must(fstat(fd, &st) == 0 && (st.st_mode & 0777) == 0640);
		must(st.st_nlink == (unlinks ? 0 : 1) && st.st_size == SIZE);
		must(fstat(other, &st) == 0 && (st.st_mode & 0777) == 0640);
	}
}

CASE(status_is_the_callers_view)
{
	struct stat st;
	int fd;

	umask(027);
	fd = shm_open(name, O_CREAT | O_RDWR, 0666);
	must(fstat(fd, &st) == 0 && (st.st_mode & 07777) == 0640 && S_ISREG(st.st_mode));
	must(st.st_uid == geteuid() && st.st_gid == getegid() && st.st_nlink == 1);
	must(fchmod(fd, 0604) == 0);
	must(fstatat(fd, "", &st, AT_EMPTY_PATH) == 0 && (st.st_mode & 07777) == 0604);
	must(fchown(fd, (uid_t)-1, (gid_t)-1) == 0);
	must(shm_unlink(name) == 0);
	must(fstat(fd, &st) == 0 && st.st_nlink == 0);
}

CASE(the_umask_counts_whenever_it_changes)
{
	static const mode_t masks[] = {077, 0, 022, 027};
	struct stat st;

	for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
		umask(masks[i]);
		must(fstat(shm_open(name, O_CREAT | O_RDWR, 0666), &st) == 0);
		must((st.st_mode & 0777) == (0666 & ~masks[i]));
		must(shm_unlink(name) == 0);
	}
}

CASE(readers_cannot_write)
{
	const int fd = cases_make(name, SIZE);
	const int reader = shm_open(name, O_RDONLY, 0);

	must(mmap(NULL, SIZE, PROT_READ, MAP_SHARED, reader, 0) != MAP_FAILED);
	must(mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, reader, 0) == MAP_FAILED);
	must(errno == EACCES);
	fails(ftruncate(reader, SIZE * 2), EINVAL);
	close(fd);
}

CASE(the_creator_writes_whatever_the_mode)
{
	const int fd = shm_open(name, O_CREAT | O_RDWR, 0);

	must(fd >= 0 && ftruncate(fd, SIZE) == 0);
	cases_map(fd, SIZE)[0] = 1;
}

CASE(a_creator_that_reads_may_open_it_for_writing)
{
	const int reader = shm_open(name, O_CREAT | O_RDONLY, 0600);
	const int fd = shm_open(name, O_RDWR, 0);

	fails(ftruncate(reader, SIZE), EINVAL);
	must(ftruncate(fd, SIZE) == 0 && cases_size(reader) == SIZE);
	cases_map(fd, SIZE)[0] = 1;
}

CASE(truncated_by_an_open)
{
	const int fd = cases_make(name, SIZE);
	const char *bytes = cases_map(fd, SIZE);
	const int other = shm_open(name, O_RDWR | O_TRUNC, 0);

	must(other >= 0 && cases_size(other) == 0);
	must(ftruncate(other, SIZE / 2) == 0 && cases_size(other) == SIZE / 2);
	must(bytes && cases_size(shm_open(name, O_RDWR, 0)) == SIZE / 2);
}

CASE(a_child_uses_what_it_has)
{
	const int fd = cases_make(name, SIZE);
	char *bytes = cases_map(fd, SIZE);
	int status;

	if (fork() == 0) {
		bytes[0] = 'c';
		must(cases_size(fd) == SIZE);
		must(cases_size(shm_open(name, O_RDWR, 0)) == SIZE);
		must(close(fd) == 0 && munmap(bytes, SIZE) == 0);
		_exit(0);
	}
	must(wait(&status) > 0 && status == 0 && bytes[0] == 'c');
}

CASE(dup2_over_it_and_from_it)
{
	const int fd = cases_make(name, SIZE);
	const int null = open("/dev/null", O_RDWR);

	must(dup2(fd, 77) == 77 && cases_size(77) == SIZE);
	must(dup2(null, fd) == fd && !S_ISREG((mode_t)0));
	must(cases_size(77) == SIZE);
	cases_map(77, SIZE)[0] = 1;
	must(dup3(null, 77, O_CLOEXEC) == 77);
	must(close_range(3, ~0U, 0) == 0);
	must(cases_size(shm_open(name, O_RDWR, 0)) == SIZE);
}

static void send_descriptor(int socket, int fd)
{
	char space[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec byte = {(char[]){'x'}, 1};
	struct msghdr message = {.msg_iov = &byte,
		.msg_iovlen = 1,
		.msg_control = space,
		.msg_controllen = sizeof(space)};
	struct cmsghdr *control = CMSG_FIRSTHDR(&message);

	control->cmsg_level = SOL_SOCKET;
	control->cmsg_type = SCM_RIGHTS;
	control->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(control), &fd, sizeof(fd));
	must(sendmsg(socket, &message, 0) == 1);
}

static int receive_descriptor(int socket)
{
	char space[CMSG_SPACE(sizeof(int))];
	char data;
	struct iovec byte = {&data, 1};
	struct msghdr message = {.msg_iov = &byte,
		.msg_iovlen = 1,
		.msg_control = space,
		.msg_controllen = sizeof(space)};
	int fd;

	must(recvmsg(socket, &message, 0) == 1);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

CASE(a_descriptor_from_another_process)
{
	int sockets[2];
	int status;

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0);
	if (fork() == 0) {
		const int fd = cases_make(name, SIZE);

		strcpy(cases_map(fd, SIZE), "sent");
		send_descriptor(sockets[1], fd);
		_exit(0);
	}
	close(sockets[1]); /* a child that fails ends the wait */
	status = receive_descriptor(sockets[0]);
	must(wait(NULL) > 0);
	must(cases_size(status) == SIZE && strcmp(cases_map(status, SIZE), "sent") == 0);
	must(fchmod(status, 0640) == 0);
}

CASE(a_program_that_inherits_it)
{
	const int fd = cases_make(name, SIZE);
	char command[128];

	fcntl(fd, F_SETFD, 0);
	snprintf(
		command, sizeof(command), "test $(stat -L -c %%s /proc/self/fd/%d) = %d", fd, SIZE);
	must(system(command) == 0);
}

CASE(moved_and_partly_unmapped)
{
	const int fd = cases_make(name, SIZE * 4);
	char *bytes = cases_map(fd, SIZE * 4);

	close(fd);
	must(munmap(bytes + SIZE, SIZE) == 0);
	bytes = mremap(bytes + SIZE * 2, SIZE * 2, SIZE * 2, MREMAP_MAYMOVE | MREMAP_FIXED,
		mmap(NULL, SIZE * 2, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	must(bytes != MAP_FAILED);
	bytes[0] = 1;
	must(munmap(bytes, SIZE * 2) == 0);
}

int main(int count, char **arguments)
{
	return cases_run(count, arguments);
}
