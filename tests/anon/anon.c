/* SPDX-License-Identifier: MIT */
/* What the tests of anonymous memory share. */
#include "tests/anon/anon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/lib/await.h"
#include "tests/lib/exchange.h"
#include "tests/lib/process.h"

const char *anon_program(const char *name)
{
	static _Thread_local char actor[4096];
	static _Thread_local char lister[4096];
	char *path = strcmp(name, "actor") == 0 ? actor : lister;
	const char *builddir = getenv("top_builddir");

	snprintf(path, sizeof(actor), "%s/tests/anon/%s", builddir ? builddir : ".", name);
	return path;
}

PRFileMap *anon_open(PRSize size, PRFileMapProtect protection)
{
	PRFileMap *map = PR_OpenAnonFileMap("/tmp", size, protection);

	ck_assert_msg(map != NULL, "PR_OpenAnonFileMap: %s", PR_ErrorToName(PR_GetError()));
	return map;
}

char *anon_map(PRFileMap *map, PRUint32 length)
{
	char *memory = PR_MemMap(map, 0, length);

	ck_assert_msg(memory != NULL, "PR_MemMap: %s", PR_ErrorToName(PR_GetError()));
	return memory;
}

void anon_expect(PRErrorCode code)
{
	client_expect_error(code);
	PR_SetError(0, 0);
}

ino_t anon_inode(const void *address)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	unsigned long begin;
	unsigned long inode;

	ck_assert_ptr_nonnull(maps);
	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%*s %*s %*s %*s %lu", &begin, &inode) == 2 &&
			begin == (unsigned long)address) {
			fclose(maps);
			return inode;
		}
	}
	ck_abort_msg("nothing is mapped at %p", address);
	return 0;
}

struct count {
	size_t segments;
	size_t holders;
};

static void count_entries(const struct wire_reply *reply, struct count *count)
{
	struct wire_stated entry;
	const char *name;
	size_t used = 0;

	while (wire_get_entry(reply->tail, reply->tail_length, &used, &entry, &name)) {
		if (entry.name_length == 0 && entry.uid == geteuid()) {
			count->segments++;
			count->holders += entry.holders;
		}
	}
}

static struct count count_anonymous(void)
{
	int fd = broker_process_connect(&client_broker);
	struct wire_request request = {.header = {.op = WIRE_OP_LIST}};
	struct answer answer;
	struct count count = {0};

	do {
		ck_assert_int_eq(exchange(fd, &request, &answer), STATUS_OK);
		count_entries(&answer.reply, &count);
		request.list.after = answer.reply.listed.next;
	} while (request.list.after != 0);
	close(fd);
	return count;
}

size_t anon_count_segments(void)
{
	return count_anonymous().segments;
}

size_t anon_count_holders(void)
{
	return count_anonymous().holders;
}

void anon_await_segments(size_t count)
{
	AWAIT(anon_count_segments() == count);
}

void anon_end(void)
{
	if (client_broker.pid > 0)
		anon_await_segments(0);
	client_end();
}

static struct rlimit usual;

void anon_fill_descriptors(void)
{
	int lowest = dup(STDERR_FILENO);
	struct rlimit full;

	close(lowest);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &usual), 0);
	full = (struct rlimit){(rlim_t)lowest, usual.rlim_max};
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &full), 0);
}

void anon_free_descriptors(void)
{
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &usual), 0);
}

int anon_run(const char *const *arguments)
{
	pid_t pid = fork();

	if (pid == 0) {
		execv(arguments[0], (char *const *)arguments);
		_exit(127);
	}
	return process_wait(pid);
}

int anon_create(const char *const *arguments, const PRProcessAttr *attr)
{
	PRProcess *process = PR_CreateProcess(arguments[0], (char *const *)arguments, NULL, attr);
	PRInt32 code = -1;

	ck_assert_msg(process != NULL, "PR_CreateProcess: %s", PR_ErrorToName(PR_GetError()));
	ck_assert_int_eq(PR_WaitProcess(process, &code), PR_SUCCESS);
	return code;
}
