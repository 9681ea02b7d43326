/* SPDX-License-Identifier: MIT */
/* Starts a broker from within a program, without side effects on that program. */
#include "client-lib/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client-lib/trouble.h"

#define LISTEN_FD  3     /* SD_LISTEN_FDS_START */
#define STACK_SIZE 65536 /* of both children, half for each */

/* Seconds without a client and a segment after which such a broker ends. */
#define EXIT_IDLE "--exit-idle=60"

struct launch {
	const char *program;
	int listening_fd;
	int null_fd;
	int log_fd;
	char *second_stack; /* its upper end */
	char listen_pid[32];
};

/*
 * The child is a copy of one thread of an unknown program, whose other threads may have held any
 * lock: async-signal-safe calls only (signal-safety(7)).
 */
static void put_pid(char *text, pid_t pid)
{
	static const char key[] = "LISTEN_PID=";
	char digits[16];
	size_t count = 0;
	size_t length = sizeof(key) - 1;

	memcpy(text, key, length);
	for (; pid > 0; pid /= 10)
		digits[count++] = (char)('0' + pid % 10);
	while (count > 0)
		text[length++] = digits[--count];
	text[length] = '\0';
}

static void close_from(unsigned int first)
{
	if (syscall(SYS_close_range, first, ~0U, 0) == 0)
		return;
	for (int fd = (int)first; fd < 65536; fd++) /* a kernel before 5.9 */
		close(fd);
}

static void default_signals(void)
{
	const struct sigaction action = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		sigaction(number, &action, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

struct limits {
	uint64_t soft;
	uint64_t hard;
};

static void raise_to_hard_limit(int resource)
{
	struct limits limits;

	if (syscall(SYS_prlimit64, 0, resource, NULL, &limits) < 0)
		return;
	limits.soft = limits.hard;
	syscall(SYS_prlimit64, 0, resource, &limits, NULL);
}

/*
 * The broker serves all programs of the user, so the limits of this program are not for it. Who may
 * raise hard limits raises them; else the broker's log tells of those that are left. Descriptors
 * have a hard limit for a reason: tables grow with it. The system call, because the first parameter
 * of glibc's setrlimit(3) is of a type that other libraries do not have.
 */
static void raise_limits(void)
{
	static const int endless[] = {RLIMIT_AS, RLIMIT_CPU, RLIMIT_DATA, RLIMIT_FSIZE};
	const struct limits none = {.soft = UINT64_MAX, .hard = UINT64_MAX}; /* RLIM64_INFINITY */

	for (size_t i = 0; i < sizeof(endless) / sizeof(*endless); i++) {
		if (syscall(SYS_prlimit64, 0, endless[i], &none, NULL) < 0)
			raise_to_hard_limit(endless[i]);
	}
	raise_to_hard_limit(RLIMIT_NOFILE);
}

static void complain(const char *program)
{
	static const char text[] = ": cannot be run\n";

	if (write(2, program, strlen(program)) > 0 && write(2, text, sizeof(text) - 1) > 0)
		return;
}

static void run_broker(struct launch *launch)
{
	char *const arguments[] = {(char *)"prshmd", (char *)EXIT_IDLE, NULL};
	char *const environment[] = {(char *)"LISTEN_FDS=1", launch->listen_pid,
		(char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
	/* First to numbers of 10 and more: any of the three may be 0, 1, 2 or 3. */
	int listening = fcntl(launch->listening_fd, F_DUPFD, 10);
	int null = fcntl(launch->null_fd, F_DUPFD, 10);
	int log = fcntl(launch->log_fd, F_DUPFD, 10);

	if (dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(log, 2) < 0 ||
		dup2(listening, LISTEN_FD) < 0)
		return;
	close_from(LISTEN_FD + 1);
	default_signals();
	raise_limits();
	if (chdir("/") < 0)
		return;
	put_pid(launch->listen_pid, getpid());
	execve(launch->program, arguments, environment);
	complain(launch->program);
}

/* AddressSanitizer does not know the stacks of the two below, and would say so at their end. */
#define ON_ITS_OWN_STACK __attribute__((no_sanitize("address")))

ON_ITS_OWN_STACK static int run_broker_and_exit(void *data)
{
	run_broker(data);
	_exit(127);
}

/*
 * Runs in the first child. When the first child has ended, init is the parent of the second. By
 * clone(2) too: fork(2) would run the handlers of pthread_atfork(3), and _Fork(3) is not in all C
 * libraries.
 */
ON_ITS_OWN_STACK static int leave_and_run(void *data)
{
	const struct launch *launch = data;

	setsid();
	clone(run_broker_and_exit, launch->second_stack, 0, data);
	_exit(0);
}

/*
 * clone(2) with no signal at the child's end: neither a SIGCHLD handler of the program nor its
 * wait(-1) notices the child.
 */
static int clone_and_wait(struct launch *launch)
{
	char *stack = malloc(STACK_SIZE);
	sigset_t all;
	sigset_t before;
	pid_t child;
	int error = 0;

	if (!stack)
		return -ENOMEM;
	launch->second_stack = stack + STACK_SIZE / 2;
	/* A signal to the process group must not run the program's handlers in the child. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	child = clone(leave_and_run, stack + STACK_SIZE, 0, launch);
	if (child < 0)
		error = -errno;
	else
		while (waitpid(child, NULL, (int)__WCLONE) < 0 && errno == EINTR)
			;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	free(stack);
	return error;
}

int spawn_broker(int listening_fd, const char *socket_path)
{
	char log_path[sizeof(((struct sockaddr_un *)0)->sun_path) + sizeof(".log")];
	const char *program = secure_getenv("PRSHM_DAEMON");
	struct launch launch = {.listening_fd = listening_fd};
	int error;

	if (program && program[0] && program[0] != '/') {
		trouble_add(", and PRSHM_DAEMON is %s, which is not an absolute path", program);
		return -ECONNREFUSED;
	}
	launch.program = program && program[0] ? program : PRSHMD_PATH;
	if (access(launch.program, X_OK) < 0) {
		trouble_add(", and %s, which would be started, cannot be run (%m)", launch.program);
		return -ECONNREFUSED;
	}
	snprintf(log_path, sizeof(log_path), "%s.log", socket_path);
	launch.null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	launch.log_fd = open(
		log_path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	error = launch.null_fd < 0 || launch.log_fd < 0 ? -errno : clone_and_wait(&launch);
	if (launch.null_fd >= 0)
		close(launch.null_fd);
	if (launch.log_fd >= 0)
		close(launch.log_fd);
	return error;
}
