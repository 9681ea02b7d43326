/* SPDX-License-Identifier: MIT */
/* Death at a given system call; executioner.h tells the idea. */
#include "tests/restart/executioner.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/restart/restart-case.h"

static volatile struct execution *execution; /* shared */
static pid_t executioner;

static const struct {
	uint64_t number;
	const char *name;
} names[] = {
#define X(name) {SYS_##name, #name},
	X(accept4) X(bind) X(brk) X(clock_gettime) X(clock_nanosleep) X(clone) X(close) X(
		connect) X(dup2) X(epoll_create1) X(epoll_ctl) X(epoll_wait) X(eventfd2) X(execve)
		X(exit_group) X(fallocate) X(fchmod) X(fcntl) X(flock) X(fstat) X(ftruncate) X(
			getpid) X(getsockopt) X(gettimeofday) X(ioctl) X(listen) X(memfd_create)
			X(mmap) X(mprotect) X(mremap) X(munmap) X(nanosleep) X(newfstatat) X(
				openat) X(pidfd_open) X(pidfd_send_signal) X(poll) X(pread64)
				X(prlimit64) X(read) X(recvmsg) X(rt_sigaction) X(rt_sigprocmask)
					X(sendmsg) X(sendto) X(setsockopt) X(shutdown) X(socket)
						X(socketpair) X(timerfd_settime) X(unlink) X(write)
#undef X
};

const char *call_name(uint64_t number)
{
	static char text[32];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (names[i].number == number)
			return names[i].name;
	}
	snprintf(text, sizeof(text), "system call %ju", (uintmax_t)number);
	return text;
}

/* At a stop for a system call. True: the victim is dead. */
static bool count_call(pid_t victim, uint64_t at)
{
	struct __ptrace_syscall_info info;
	sigset_t ending;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, victim, (void *)sizeof(info), &info) < 0 ||
		info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return false;
	execution->number = info.entry.nr;
	for (int i = 0; i < 3; i++)
		execution->arguments[i] = info.entry.args[i];
	if (++execution->calls != at)
		return false;
	sigemptyset(&ending);
	sigaddset(&ending, SIGTERM);
	sigprocmask(SIG_BLOCK, &ending, NULL); /* or nobody would know whether it lives */
	/* In this stop: the kernel sees the signal before it does the call. */
	kill(victim, SIGKILL);
	waitpid(victim, NULL, __WALL);
	execution->done = true;
	return true;
}

__attribute__((noreturn)) static void execute(pid_t victim, uint64_t at)
{
	int status;

	signal(SIGTERM, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (ptrace(PTRACE_SEIZE, victim, NULL, (void *)PTRACE_O_TRACESYSGOOD) < 0 ||
		ptrace(PTRACE_INTERRUPT, victim, NULL, NULL) < 0) {
		execution->error = errno;
		_exit(1);
	}
	while (waitpid(victim, &status, __WALL) == victim && WIFSTOPPED(status)) {
		int signal_number = WSTOPSIG(status);

		if (signal_number == (SIGTRAP | 0x80)) {
			signal_number = 0;
			if (count_call(victim, at))
				break;
		} else if (status >> 16 != 0) {
			signal_number = 0;
		}
		ptrace(PTRACE_SYSCALL, victim, NULL, (void *)(intptr_t)signal_number);
		execution->attached = true;
	}
	_exit(0);
}

bool executioner_begin(pid_t victim, uint64_t at)
{
	if (!execution)
		execution = mmap(NULL, sizeof(*execution), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	*execution = (struct execution){0};
	fflush(NULL);
	executioner = fork();
	if (executioner == 0)
		execute(victim, at);
	while (!execution->attached && !execution->error)
		nap();
	errno = execution->error;
	return execution->attached;
}

struct execution executioner_look(void)
{
	return *execution;
}

struct execution executioner_end(void)
{
	kill(executioner, SIGTERM);
	waitpid(executioner, NULL, 0);
	return *execution;
}
