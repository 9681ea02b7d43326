/* SPDX-License-Identifier: MIT */
/* A test case of the library; client-case.h tells the idea. */
#include "tests/client/client-case.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "nspr.h"
#include "tests/lib/testing.h"

/* For a loaded machine; what never comes is told apart from what comes late. */
#define AWAIT_SECONDS 60

struct broker_process client_broker;

static size_t fds_before;

/* The first call connects, and the connection stays: the count begins behind it. */
void client_begin(void)
{
	broker_process_start(&client_broker, NULL);
	ck_assert_int_eq(PR_DeleteSharedMemory("/client-case/none"), PR_FAILURE);
	client_expect_error(PR_FILE_NOT_FOUND_ERROR);
	fds_before = testing_count_fds();
}

void client_end(void)
{
	size_t fds = testing_count_fds();

	broker_process_stop(&client_broker);
	ck_assert_msg(fds == fds_before, "%zu descriptors open before, %zu after", fds_before, fds);
}

enum status client_stat(const char *name, struct wire_stated *out)
{
	const struct wire_request request = {
		.header = {.op = WIRE_OP_STAT, .serial = 1},
		.name = name,
		.name_length = strlen(name),
	};
	struct wire_message message = {.fd_count = 0};
	struct wire_reply reply;
	int fd = broker_process_connect(&client_broker);

	ck_assert(wire_encode_request(&request, &message));
	ck_assert_int_eq(wire_send(fd, &message, 0), 0);
	ck_assert_int_eq(wire_receive(fd, &message, 0, 0), 0);
	ck_assert_int_eq(wire_decode_reply(message.bytes, message.length, &reply), STATUS_OK);
	close(fd);
	if (reply.header.status == STATUS_OK && out)
		*out = reply.stated;
	return reply.header.status;
}

void client_await_holders(const char *name, uint32_t count)
{
	const struct timespec pause = {.tv_nsec = 10000000};
	struct wire_stated stated = {0};

	for (int tries = 0; tries < AWAIT_SECONDS * 100; tries++) {
		ck_assert_int_eq(client_stat(name, &stated), STATUS_OK);
		if (stated.holders == count)
			return;
		nanosleep(&pause, NULL);
	}
	ck_abort_msg("%s: %u holders, expected %u", name, stated.holders, count);
}

void client_expect_error(int code)
{
	const char *name = PR_ErrorToName(PR_GetError());

	ck_assert_msg(PR_GetError() == code, "expected %s, got %s [%s]", PR_ErrorToName(code),
		name ? name : "no error", strerror(PR_GetOSError()));
}

void client_join(pid_t child)
{
	int status;

	ck_assert_int_gt(child, 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
		"a child ended with wait status 0x%x", (unsigned int)status);
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
