/* SPDX-License-Identifier: MIT */
/* What a broker that the library started has of the program that started it: nothing. */
#include "tests/client/autostart.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
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
	static const int own[] = {SIGPIPE, SIGXFSZ, SIGCHLD, SIGIO}; /* that it ignores itself */
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
	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		ignored &= ~(1ULL << (own[i] - 1));
	ck_assert_uint_eq(ignored, 0);
}

/* Of this test's process, whatever has those of the processes that it starts. */
static void limit_work_and_files(void)
{
	const struct rlimit work = {.rlim_cur = 3600, .rlim_max = 3601};
	const struct rlimit file = {.rlim_cur = 1 << 30, .rlim_max = 1U << 31};

	ck_assert_int_eq(setrlimit(RLIMIT_CPU, &work), 0);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &file), 0);
}

/* The two words in the line of /proc/PID/limits. */
static void limits_are(pid_t pid, const char *name, const char *soft, const char *hard)
{
	char text[4096];
	char words[2][32];
	const char *line;

	autostart_read_proc(pid, "limits", text, sizeof(text));
	line = strstr(text, name);
	ck_assert_ptr_nonnull(line);
	ck_assert_int_eq(sscanf(line + strlen(name), "%31s %31s", words[0], words[1]), 2);
	ck_assert_str_eq(words[0], soft);
	ck_assert_str_eq(words[1], hard);
}

/*
 * Whether this process may raise hard limits; it is no longer allowed to if the right is dropped.
 */
static bool may_raise(bool drop)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	bool may;

	ck_assert_int_eq(syscall(SYS_capget, &header, data), 0);
	may = data[0].effective & 1U << CAP_SYS_RESOURCE;
	data[0].effective &= ~(1U << CAP_SYS_RESOURCE);
	data[0].permitted &= ~(1U << CAP_SYS_RESOURCE);
	if (drop)
		ck_assert_int_eq(syscall(SYS_capset, &header, data), 0);
	return may;
}

TEST(no_limit_that_may_be_raised_is_the_brokers)
{
	const char *work = may_raise(false) ? "unlimited" : "3601";
	const char *file = may_raise(false) ? "unlimited" : "2147483648";
	pid_t broker;

	limit_work_and_files();
	autostart_create_and_delete();
	broker = scratch_runtime_broker();
	ck_assert_int_gt(broker, 0);
	limits_are(broker, "Max cpu time", work, work);
	limits_are(broker, "Max file size", file, file);
}

TEST(limits_that_cannot_be_raised_are_told_in_the_log)
{
	char path[sizeof(scratch_runtime.socket) + sizeof(".log")];
	char text[4096];
	pid_t broker;
	FILE *log;

	limit_work_and_files();
	may_raise(true);
	autostart_create_and_delete();
	broker = scratch_runtime_broker();
	ck_assert_int_gt(broker, 0);
	limits_are(broker, "Max cpu time", "3601", "3601");
	snprintf(path, sizeof(path), "%s.log", scratch_runtime.socket);
	log = fopen(path, "re");
	ck_assert_ptr_nonnull(log);
	text[fread(text, 1, sizeof(text) - 1, log)] = '\0';
	fclose(log);
	ck_assert_ptr_nonnull(strstr(text, "a limit, RLIMIT_CPU, of 3601: the kernel kills it"));
	ck_assert_ptr_nonnull(strstr(text, "a limit, RLIMIT_FSIZE, of 2147483648: no segment"));
}
