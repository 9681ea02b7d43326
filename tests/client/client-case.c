/* SPDX-License-Identifier: MIT */
/* A test case of the library; client-case.h tells the idea. */
#include "tests/client/client-case.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nspr.h"
#include "tests/lib/await.h"
#include "tests/lib/exchange.h"
#include "tests/lib/process.h"
#include "tests/lib/testing.h"

struct broker_process client_broker;

static size_t fds_before;

/* The pipes of the test runner itself. */
static void make_all_cloexec(void)
{
	for (int fd = 3; fd < 1024; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			fcntl(fd, F_SETFD, FD_CLOEXEC);
	}
}

/* The first call connects, and the connection stays: the count begins behind it. */
void client_begin(void)
{
	unsetenv("PRSHM_INHERITED");
	make_all_cloexec();
	broker_process_start(&client_broker, NULL);
	ck_assert_int_eq(PR_DeleteSharedMemory("/client-case/none"), PR_FAILURE);
	client_expect_error(PR_FILE_NOT_FOUND_ERROR);
	fds_before = process_count_fds(0);
}

void client_begin_unparked(void)
{
	ck_assert_int_eq(setenv("PRSHM_PARK", "0", 1), 0);
	client_begin();
}

void client_end(void)
{
	size_t fds = process_count_fds(0);

	broker_process_stop(&client_broker);
	ck_assert_msg(fds == fds_before, "%zu descriptors open before, %zu after", fds_before, fds);
}

void client_lose_broker(void)
{
	broker_process_kill(&client_broker, SIGKILL);
	unlink(client_broker.socket);
	fds_before--;
}

enum status client_stat(const char *name, struct wire_stated *out)
{
	struct wire_stated stated;
	int fd = broker_process_connect(&client_broker);
	enum status status = exchange_stat(fd, name, out ? out : &stated);

	close(fd);
	return status;
}

void client_await_holders(const char *name, uint32_t count)
{
	struct wire_stated stated = {0};

	AWAIT(client_stat(name, &stated) == STATUS_OK && stated.holders == count);
}

void client_expect_error(int code)
{
	const char *name = PR_ErrorToName(PR_GetError());

	ck_assert_msg(PR_GetError() == code, "expected %s, got %s [%s]", PR_ErrorToName(code),
		name ? name : "no error", strerror(PR_GetOSError()));
}

pid_t client_run_self(const char *role)
{
	pid_t child = fork();

	if (child == 0) {
		execl("/proc/self/exe", "self", role, NULL);
		_exit(127);
	}
	return child;
}
