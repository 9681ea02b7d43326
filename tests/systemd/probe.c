/* SPDX-License-Identifier: MIT */
/*
 * Tries what a hardened service has no business to do, and a few things that the broker needs, each
 * in a child of its own, since a filter may kill. A line each: the attempt, and "done", the name of
 * the error, or the signal that ended it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/pidfd.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int open_socket(int family)
{
	return socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static int inet_socket(void)
{
	return open_socket(AF_INET);
}

static int inet6_socket(void)
{
	return open_socket(AF_INET6);
}

static int netlink_socket(void)
{
	return open_socket(AF_NETLINK);
}

static int unix_socket(void)
{
	return open_socket(AF_UNIX);
}

static int map_writable_code(void)
{
	void *map = mmap(
		NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return map == MAP_FAILED ? -1 : 0;
}

static int make_code_of_data(void)
{
	void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return map == MAP_FAILED ? -1 : mprotect(map, 4096, PROT_READ | PROT_EXEC);
}

static int new_user_namespace(void)
{
	return unshare(CLONE_NEWUSER);
}

static int set_setuid_bit(void)
{
	int fd = memfd_create("setuid", MFD_CLOEXEC);

	return fd < 0 ? -1 : fchmod(fd, 04700);
}

static int change_personality(void)
{
	return personality(ADDR_NO_RANDOMIZE);
}

static int be_realtime(void)
{
	/* So that what counts is whether the call may be made, not the scheduler's limits. */
	return (int)syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, NULL);
}

static int mount_something(void)
{
	return mount("none", "", "tmpfs", 0, NULL);
}

static int change_root(void)
{
	return chroot("");
}

static int trace(void)
{
	return (int)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static int load_bpf(void)
{
	return (int)syscall(SYS_bpf, -1, NULL, 0);
}

static int swap_on(void)
{
	return (int)syscall(SYS_swapon, "", 0);
}

static int rename_host(void)
{
	return (int)syscall(SYS_sethostname, NULL, 1); /* EFAULT where it is allowed */
}

static int make_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return -1;
	close(fd);
	return unlink(path);
}

static int write_usr(void)
{
	return make_file("/usr/prshm-probe");
}

static int write_etc(void)
{
	return make_file("/etc/prshm-probe");
}

static int write_run(void)
{
	return make_file("/run/prshm/probe");
}

static int look_at(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC);
}

static int look_at_init(void)
{
	return look_at("/proc/1/status");
}

static int look_at_kernel(void)
{
	return look_at("/proc/version");
}

static int look_at_shared_files(void)
{
	return look_at("/dev/shm/prshm-probe"); /* made before, outside */
}

static int make_sealed_memory(void)
{
	char path[64];
	int fd = memfd_create("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || ftruncate(fd, 4096) < 0 || fchmod(fd, 0600) < 0 ||
		fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static int set_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return -1;
	return setrlimit(RLIMIT_NOFILE, &limit);
}

/* As the broker does with a keeper that is stuck. */
static int kill_by_pidfd(void)
{
	const pid_t child = fork();
	int fd;

	if (child == 0) {
		pause();
		_exit(0);
	}
	fd = child < 0 ? -1 : pidfd_open(child, 0);
	return fd < 0 ? -1 : pidfd_send_signal(fd, SIGKILL, NULL, 0);
}

static void print_outcome(const char *name, int (*attempt)(void))
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		const struct rlimit no_core = {0};

		setrlimit(RLIMIT_CORE, &no_core);
		_exit(attempt() < 0 ? errno : 0);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		exit(EXIT_FAILURE);
	if (WIFSIGNALED(status))
		printf("%s SIG%s\n", name, sigabbrev_np(WTERMSIG(status)));
	else
		printf("%s %s\n", name,
			WEXITSTATUS(status) ? strerrorname_np(WEXITSTATUS(status)) : "done");
}

int main(void)
{
	static const struct {
		const char *name;
		int (*attempt)(void);
	} attempts[] = {
		{"inet_socket", inet_socket},
		{"inet6_socket", inet6_socket},
		{"netlink_socket", netlink_socket},
		{"map_writable_code", map_writable_code},
		{"make_code_of_data", make_code_of_data},
		{"new_user_namespace", new_user_namespace},
		{"set_setuid_bit", set_setuid_bit},
		{"change_personality", change_personality},
		{"be_realtime", be_realtime},
		{"mount_something", mount_something},
		{"change_root", change_root},
		{"trace", trace},
		{"load_bpf", load_bpf},
		{"swap_on", swap_on},
		{"rename_host", rename_host},
		{"write_usr", write_usr},
		{"write_etc", write_etc},
		{"write_run", write_run},
		{"look_at_init", look_at_init},
		{"look_at_kernel", look_at_kernel},
		{"look_at_shared_files", look_at_shared_files},
		{"unix_socket", unix_socket},
		{"make_sealed_memory", make_sealed_memory},
		{"set_descriptor_limit", set_descriptor_limit},
		{"kill_by_pidfd", kill_by_pidfd},
	};

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < sizeof(attempts) / sizeof(*attempts); i++)
		print_outcome(attempts[i].name, attempts[i].attempt);
	return 0;
}
