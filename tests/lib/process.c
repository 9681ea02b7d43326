/* SPDX-License-Identifier: MIT */
/* Processes that a test starts. */
#include "tests/lib/process.h"

#include <check.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/await.h"

int process_wait(pid_t child)
{
	int status;

	ck_assert_int_gt(child, 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void process_join(pid_t child)
{
	const int status = process_wait(child);

	ck_assert_msg(status == 0, "a child ended with status %d", status);
}

int process_end_child(pid_t child, int signal_number)
{
	ck_assert_int_gt(child, 0);
	ck_assert_int_eq(kill(child, signal_number), 0);
	return process_wait(child);
}

size_t process_count_fds(pid_t pid)
{
	char path[64] = "/proc/self/fd";
	size_t count = 0;
	DIR *directory;

	if (pid > 0)
		snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	directory = opendir(path);
	ck_assert_ptr_nonnull(directory);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count - (pid > 0 ? 2 : 3); /* ".", "..", and our own look */
}

void process_forget_test(void)
{
	/* Check's handlers are ours until exec, and would end the whole group of the test. */
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	unsetenv("JOURNAL_STREAM");
	unsetenv("LISTEN_PID");
}

size_t process_said(const char *log, const char *text)
{
	FILE *file = fopen(log, "re");
	char *line = NULL;
	size_t size = 0;
	size_t count = 0;

	while (file && getline(&line, &size, file) >= 0)
		count += strstr(line, text) != NULL;
	free(line);
	if (file)
		fclose(file);
	return count;
}

void process_await_said(const char *log, const char *text, size_t count)
{
	AWAIT_TOLD(process_said(log, text) >= count, text);
}
