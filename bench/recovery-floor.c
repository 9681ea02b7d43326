/* SPDX-License-Identifier: MIT */
/*
 * What a broker cannot come back without: a program that starts, and gets each descriptor in a
 * message of its own, and looks whether it is what it was.
 */
#include "bench/recovery-floor.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/statistics.h"

#define ROUNDS 5U

extern char **environ;

struct letter {
	uint64_t words[4]; /* as many bytes as the keeper sends */
	struct iovec bytes;
	struct msghdr message;
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
};

static void letter_init(struct letter *letter)
{
	memset(letter, 0, sizeof(*letter));
	letter->bytes = (struct iovec){letter->words, sizeof(letter->words)};
	letter->message = (struct msghdr){
		.msg_iov = &letter->bytes,
		.msg_iovlen = 1,
		.msg_control = letter->control.bytes,
		.msg_controllen = sizeof(letter->control.bytes),
	};
}

static bool send_one(int socket, int fd)
{
	struct letter letter;
	struct cmsghdr *header;

	letter_init(&letter);
	header = CMSG_FIRSTHDR(&letter.message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(int));
	return sendmsg(socket, &letter.message, 0) > 0;
}

/* Returns the descriptor, or -1. */
static int receive_one(int socket)
{
	struct letter letter;
	struct cmsghdr *header;
	struct stat st;
	int fd = -1;

	letter_init(&letter);
	if (recvmsg(socket, &letter.message, MSG_CMSG_CLOEXEC) <= 0)
		return -1;
	header = CMSG_FIRSTHDR(&letter.message);
	if (header && header->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(header), sizeof(int));
	if (fd >= 0 && (fstat(fd, &st) < 0 || fcntl(fd, F_GET_SEALS) < 0)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static bool pass_all(int sockets[2], int memory, int *fds, unsigned int count)
{
	unsigned int got = 0;

	while (got < count && send_one(sockets[0], memory) &&
		(fds[got] = receive_one(sockets[1])) >= 0)
		got++;
	return got == count;
}

static bool start_program(const char *program)
{
	char *const arguments[] = {(char *)program, "--version", NULL};
	posix_spawn_file_actions_t actions;
	int status = -1;
	pid_t pid;
	bool ok;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	ok = posix_spawn(&pid, program, &actions, NULL, arguments, environ) == 0 &&
	     waitpid(pid, &status, 0) == pid && status == 0;
	posix_spawn_file_actions_destroy(&actions);
	return ok;
}

static bool run_round(const char *program, int *fds, unsigned int count, double *ms)
{
	const int memory = memfd_create("bench", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int sockets[2];
	double begin;
	bool ok;

	if (memory < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return false;
	begin = now_us();
	ok = start_program(program) && pass_all(sockets, memory, fds, count);
	*ms = (now_us() - begin) / 1000;
	for (unsigned int i = 0; i < count; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = -1;
	}
	close(memory);
	close(sockets[0]);
	close(sockets[1]);
	return ok;
}

double recovery_floor_measure(const char *program, unsigned int count)
{
	int *fds = malloc(count * sizeof(*fds));
	double rounds[ROUNDS];
	bool ok = fds;

	for (unsigned int i = 0; ok && i < count; i++)
		fds[i] = -1;
	for (unsigned int round = 0; ok && round < ROUNDS; round++)
		ok = run_round(program, fds, count, &rounds[round]);
	free(fds);
	return ok ? quantile(rounds, ROUNDS, 0.5) : 0;
}
