/* SPDX-License-Identifier: MIT */
/* The servers of others: started as programs of their own, below a warden like ours. */
#include "bench/foreign.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bench/competitor.h"

struct command {
	const struct foreign_program *program;
	int failure_fd; /* closed by a successful execvp(3), or else gets its errno */
};

static void run(const void *data)
{
	const struct command *command = data;
	const struct foreign_program *program = command->program;
	const int log_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	/* dup2(2) does nothing if the numbers are one, and CLOEXEC stays. */
	if (dup2(log_fd, STDERR_FILENO) >= 0 && dup2(program->fd, program->fd_as) >= 0 &&
		fcntl(program->fd_as, F_SETFD, 0) == 0)
		/* execvp(3) promises not to write to the strings, its type does not. */
		execvp(program->arguments[0], (char *const *)program->arguments);
	if (write(command->failure_fd, &errno, sizeof(errno)) < 0)
		_exit(125);
	_exit(126);
}

bool foreign_start(
	struct competitor *self, struct warden *warden, const struct foreign_program *program)
{
	struct command command = {.program = program};
	int failure = 0;
	int fds[2];
	bool ok;

	warden->pid = 0;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return competitor_missing(self, "%s", strerror(errno));
	/* Above the number that the program's own descriptor gets, which would cover it. */
	command.failure_fd = fcntl(fds[1], F_DUPFD_CLOEXEC, program->fd_as + 1);
	close(fds[1]);
	ok = command.failure_fd >= 0 && warden_start(warden, run, &command);
	close(command.failure_fd);
	ok = ok && read(fds[0], &failure, sizeof(failure)) == 0;
	close(fds[0]);
	if (ok)
		return true;
	warden_end(warden);
	if (failure == ENOENT)
		return competitor_missing(self, "%s is not installed", program->arguments[0]);
	return competitor_missing(
		self, "%s: %s", program->arguments[0], strerror(failure ? failure : errno));
}

int foreign_listen(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	memcpy(address.sun_path, path, strlen(path));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		listen(fd, SOMAXCONN) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int foreign_make_segment(void)
{
	int fd = memfd_create("prshm-bench", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -1;
	if (ftruncate(fd, (off_t)SEGMENT_BYTES) < 0 ||
		fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

bool foreign_use_segment(int fd)
{
	void *address = mmap(NULL, SEGMENT_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return address != MAP_FAILED && munmap(address, SEGMENT_BYTES) == 0;
}
