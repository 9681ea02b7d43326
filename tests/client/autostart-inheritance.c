/* SPDX-License-Identifier: MIT */
/* What a broker that the library started has of the program that started it: nothing. */
#include "tests/client/autostart.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/client/scratch-runtime.h"
#include "tests/lib/testing.h"

size_t autostart_read_proc(pid_t pid, const char *file, char *out, size_t size)
{
	char path[64];
	size_t length;
	FILE *stream;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	stream = fopen(path, "re");
	ck_assert_msg(stream != NULL, "%s: %m", path);
	length = fread(out, 1, size - 1, stream);
	fclose(stream);
	out[length] = '\0';
	return length;
}

static void read_proc_link(pid_t pid, const char *file, char *out, size_t size)
{
	char path[64];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	length = readlink(path, out, size - 1);
	ck_assert_msg(length > 0, "%s: %m", path);
	out[length] = '\0';
}

FIXTURE(scratch_runtime_set_up, scratch_runtime_tear_down, .uncounted = true,
	.unless = scratch_runtime_system_broker);

TEST(the_broker_inherits_no_descriptor)
{
	int kept = open("/proc/self/status", O_RDONLY); /* without CLOEXEC */
	char target[256];
	char path[64];
	pid_t broker;

	ck_assert_int_eq(dup2(kept, 700), 700);
	autostart_create_and_delete();
	broker = scratch_runtime_broker();
	ck_assert_int_gt(broker, 0);
	read_proc_link(broker, "fd/0", target, sizeof(target));
	ck_assert_str_eq(target, "/dev/null");
	read_proc_link(broker, "fd/1", target, sizeof(target));
	ck_assert_str_eq(target, "/dev/null");
	read_proc_link(broker, "fd/2", target, sizeof(target));
	ck_assert_ptr_nonnull(strstr(target, "/prshm/broker.sock.log"));
	for (int fd = 4; fd < 1024; fd++) { /* all that it has was opened by itself */
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)broker, fd);
		memset(target, 0, sizeof(target));
		if (readlink(path, target, sizeof(target) - 1) > 0)
			ck_assert_msg(target[0] != '/' || strncmp(target, "/memfd:", 7) == 0,
				"it has %s", target);
	}
	close(700);
	close(kept);
}

TEST(the_broker_inherits_no_environment_directory_session_or_signals)
{
	char text[4096];
	pid_t broker;
	sigset_t all;
	unsigned long long ignored = ~0ULL;

	setenv("PRSHM_TEST_SECRET", "hunter2", 1);
	ck_assert(signal(SIGTERM, SIG_IGN) != SIG_ERR);
	ck_assert(signal(SIGUSR2, SIG_IGN) != SIG_ERR);
	sigfillset(&all);
	ck_assert_int_eq(sigprocmask(SIG_SETMASK, &all, NULL), 0);
	autostart_create_and_delete();
	broker = scratch_runtime_broker();
	ck_assert_int_gt(broker, 0);
	ck_assert_uint_gt(autostart_read_proc(broker, "environ", text, sizeof(text)), 0);
	ck_assert_int_eq(strncmp(text, "LISTEN_FDS=1", sizeof("LISTEN_FDS=1")), 0);
	for (const char *variable = text; *variable; variable += strlen(variable) + 1)
		ck_assert_int_ne(strncmp(variable, "PRSHM_", 6), 0);
	read_proc_link(broker, "cwd", text, sizeof(text));
	ck_assert_str_eq(text, "/");
	ck_assert_int_ne(getsid(broker), getsid(0));
	autostart_read_proc(broker, "status", text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, "SigBlk:\t0000000000000000\n"));
	ck_assert_int_eq(sscanf(strstr(text, "SigIgn:"), "SigIgn: %llx", &ignored), 1);
	ignored &= (1ULL << SIGSYS) - 1; /* those above are the C library's own affair */
	/* Which it ignores itself: */
	ck_assert_uint_eq(ignored & ~(1ULL << (SIGPIPE - 1) | 1ULL << (SIGXFSZ - 1) |
				      1ULL << (SIGCHLD - 1)), 0);
}
