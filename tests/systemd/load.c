/* SPDX-License-Identifier: MIT */
/*
 * load COUNT PREFIX: so many processes that create, open, hold, close and delete segments below
 * PREFIX, and look whether the broker knows each time what it has to know. Says "waiting" when each
 * has done a round; the next line of its input is the end. What is not as it has to be is printed,
 * and then the status is 1.
 */
#include <poll.h>
#include <prshm-client.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE 4096
#define KEPT 8 /* rounds that a segment lives */
/* Milliseconds after a round, in the short form: else the load takes all processors for itself. */
#define SHORT_REST 10

/* Here and below: what is not as it has to be ends the process. */
static void expect(
	const char *call, const char *name, enum prshm_result expected, enum prshm_result result)
{
	if (result == expected)
		return;
	printf("%s %s: %s; expected: %s\n", call, name, prshm_strerror(result),
		prshm_strerror(expected));
	exit(EXIT_FAILURE);
}

static void require(bool holds, const char *what, const char *name)
{
	if (holds)
		return;
	printf("%s: %s\n", name, what);
	exit(EXIT_FAILURE);
}

static PRSharedMemory *open_segment(const char *name, unsigned int flags)
{
	const struct prshm_options options = {.flags = flags, .size = SIZE, .rights.mode = 0600};
	PRSharedMemory *handle = NULL;

	expect("open", name, PRSHM_OK, prshm_open(name, &options, &handle));
	return handle;
}

static void cannot_open(const char *name, unsigned int flags, enum prshm_result expected)
{
	const struct prshm_options options = {.flags = flags, .size = SIZE, .rights.mode = 0600};
	PRSharedMemory *handle = NULL;

	expect("open", name, expected, prshm_open(name, &options, &handle));
}

static void write_name(PRSharedMemory *handle, const char *name)
{
	char *text = PR_AttachSharedMemory(handle, 0);

	require(text, "cannot be attached", name);
	snprintf(text, SIZE, "%s", name);
	PR_DetachSharedMemory(handle, text);
}

/* Each segment contains its name. */
static void check_text(PRSharedMemory *handle, const char *name)
{
	char *text = PR_AttachSharedMemory(handle, PR_SHM_READONLY);

	require(text, "cannot be attached", name);
	require(strcmp(text, name) == 0, "has other contents", name);
	PR_DetachSharedMemory(handle, text);
}

static void check_holders(const char *name, uint32_t holders)
{
	struct prshm_segment found;

	expect("stat", name, PRSHM_OK, prshm_stat(name, &found));
	if (found.holders == holders)
		return;
	printf("%s: %u holders, expected %u\n", name, found.holders, holders);
	exit(EXIT_FAILURE);
}

static void close_handle(PRSharedMemory *handle, const char *name)
{
	require(PR_CloseSharedMemory(handle) == PR_SUCCESS, "cannot be closed", name);
}

static void make_segment(const char *name)
{
	PRSharedMemory *first = open_segment(name, PRSHM_CREATE | PRSHM_EXCL);
	PRSharedMemory *second;

	write_name(first, name);
	cannot_open(name, PRSHM_CREATE | PRSHM_EXCL, PRSHM_EXISTS);
	second = open_segment(name, 0);
	check_text(second, name);
	check_holders(name, 2);
	close_handle(first, name);
	close_handle(second, name);
	check_holders(name, 0);
}

static void delete_segment(const char *name)
{
	PRSharedMemory *handle = open_segment(name, 0);

	check_text(handle, name);
	require(PR_DeleteSharedMemory(name) == PR_SUCCESS, "cannot be deleted", name);
	cannot_open(name, 0, PRSHM_NOT_FOUND);
	close_handle(handle, name);
}

static bool has_ended(int input, int rest)
{
	struct pollfd ended = {.fd = input, .events = POLLIN};

	return poll(&ended, 1, rest) > 0;
}

/* Until the other end of input is closed; then what is left is looked at and deleted, too. */
static void work(const char *prefix, int worker, int input, int ready)
{
	PRSharedMemory *handle;
	char held[256];
	char name[256];
	unsigned int made = 0;
	unsigned int deleted = 0;
	const int rest = getenv("PRSHM_TEST_LONG") ? 0 : SHORT_REST;

	snprintf(held, sizeof(held), "%s/%d/held", prefix, worker);
	handle = open_segment(held, PRSHM_CREATE | PRSHM_EXCL);
	write_name(handle, held);
	for (bool ended = false; !ended || deleted < made;) {
		ended = ended || has_ended(input, rest);
		if (!ended) {
			snprintf(name, sizeof(name), "%s/%d/%u", prefix, worker, made++);
			make_segment(name);
		}
		if (ended || made > KEPT) {
			snprintf(name, sizeof(name), "%s/%d/%u", prefix, worker, deleted++);
			delete_segment(name);
		}
		check_text(handle, held);
		check_holders(held, 1);
		if (made == 1 && write(ready, "", 1) != 1)
			exit(EXIT_FAILURE);
	}
	exit(EXIT_SUCCESS);
}

static int wait_for_all(int count)
{
	int status;
	int result = EXIT_SUCCESS;

	for (int i = 0; i < count; i++) {
		if (wait(&status) < 0 || status != 0)
			result = EXIT_FAILURE;
	}
	return result;
}

int main(int argc, char **argv)
{
	const int count = argc == 3 ? atoi(argv[1]) : 0;
	int ready[2];
	int input[2];
	char line[16];

	if (count < 1 || pipe(ready) < 0 || pipe(input) < 0)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 0; i < count; i++) {
		const pid_t child = fork();

		if (child < 0)
			return 2;
		if (child == 0) {
			close(input[1]);
			work(argv[2], i, input[0], ready[1]);
		}
	}
	close(ready[1]);
	for (int i = 0; i < count && read(ready[0], line, 1) == 1; i++)
		;
	puts("waiting");
	fgets(line, sizeof(line), stdin);
	close(input[1]);
	return wait_for_all(count);
}
