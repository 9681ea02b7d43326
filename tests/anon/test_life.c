/* SPDX-License-Identifier: MIT */
/*
 * When the memory goes: with the last process that holds it, whatever ended that. A family is
 * killed at once, without a chance to say good-bye; then the broker's list and the kernel's count
 * of shared memory must fall back.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/anon/anon.h"
#include "tests/lib/await.h"
#include "tests/lib/process.h"
#include "tests/lib/testing.h"

#define MIB      (1L << 20)
#define BIG      (256 * MIB)
#define MARGIN   (100 * MIB) /* for what else comes and goes on this machine */
#define CHILDREN 3

/* A parent and its children in one process group; each writes a byte when it holds the memory. */
struct family {
	pid_t parent;
	int ready;
	int stay; /* they end when this is closed */
};

static long shared_memory(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	char line[128];
	long kib = -1;

	ck_assert_ptr_nonnull(file);
	while (kib < 0 && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "Shmem: %ld kB", &kib) != 1)
			kib = -1;
	}
	fclose(file);
	ck_assert_int_ge(kib, 0);
	return kib * 1024;
}

static void await_shared_memory_below(long bytes)
{
	AWAIT(shared_memory() < bytes);
}

static void start_importer(const char *string)
{
	if (fork() == 0) {
		execl(anon_program("actor"), "actor", "hold", "import", string, NULL);
		_exit(127);
	}
}

/* In the parent: one child by the second protocol, the others by the first. */
static void have_children(PRFileMap *map)
{
	char *const heir[] = {
		(char *)anon_program("actor"), (char *)"hold", (char *)"get", (char *)"big", NULL};
	PRProcessAttr *attr = PR_NewProcessAttr();
	char string[PR_FILEMAP_STRING_BUFSIZE];

	if (PR_ProcessAttrSetInheritableFileMap(attr, map, "big") != PR_SUCCESS ||
		PR_ExportFileMapAsString(map, sizeof(string), string) != PR_SUCCESS)
		_exit(1);
	start_importer(string);
	for (int i = 1; i < CHILDREN; i++) {
		if (!PR_CreateProcess(heir[0], heir, NULL, attr))
			_exit(2);
	}
}

static void be_parent(int ready, int stay)
{
	PRFileMap *map = PR_OpenAnonFileMap(NULL, BIG, PR_PROT_READWRITE);
	char *memory = map ? PR_MemMap(map, 0, BIG) : NULL;
	char byte;

	if (!memory || dup2(stay, STDIN_FILENO) < 0 || dup2(ready, STDOUT_FILENO) < 0)
		_exit(3);
	memset(memory, 'x', BIG);
	have_children(map);
	if (write(STDOUT_FILENO, "+", 1) != 1)
		_exit(4);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	_exit(0);
}

static struct family start_family(void)
{
	struct family family;
	int ready[2];
	int stay[2];
	char byte;

	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0); /* orphans are waited for here */
	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(stay, O_CLOEXEC), 0);
	family = (struct family){fork(), ready[0], stay[1]};
	ck_assert_int_ge(family.parent, 0);
	if (family.parent == 0) {
		setpgid(0, 0);
		close(stay[1]);
		be_parent(ready[1], stay[0]);
	}
	setpgid(family.parent, family.parent);
	close(ready[1]);
	close(stay[0]);
	for (int i = 0; i < 1 + CHILDREN; i++)
		ck_assert_int_eq(read(family.ready, &byte, 1), 1);
	return family;
}

static void end_family(struct family *family, int signal_number)
{
	close(family->stay);
	if (signal_number != 0)
		kill(-family->parent, signal_number);
	while (waitpid(-family->parent, NULL, 0) > 0 || errno == EINTR)
		;
	ck_assert_int_eq(errno, ECHILD);
	close(family->ready);
}

FIXTURE(ANON_FIXTURE);

TEST(nothing_is_left_when_all_are_killed)
{
	const long before = shared_memory();
	struct family family = start_family();

	ck_assert_uint_eq(anon_count_segments(), 1);
	ck_assert_uint_eq(anon_count_holders(), 1 + CHILDREN);
	ck_assert_int_gt(shared_memory(), before + BIG - MARGIN);
	end_family(&family, SIGKILL);
	anon_await_segments(0);
	await_shared_memory_below(before + MARGIN);
}

TEST(nothing_is_left_when_all_have_ended)
{
	const long before = shared_memory();
	struct family family = start_family();

	end_family(&family, 0);
	anon_await_segments(0);
	await_shared_memory_below(before + MARGIN);
}

TEST(a_killed_parents_memory_is_its_childrens)
{
	const long before = shared_memory();
	struct family family = start_family();
	const size_t connections = process_count_fds(client_broker.pid);

	ck_assert_int_eq(kill(family.parent, SIGKILL), 0);
	ck_assert_int_eq(waitpid(family.parent, NULL, 0), family.parent);
	AWAIT(process_count_fds(client_broker.pid) < connections);
	ck_assert_uint_eq(anon_count_holders(), CHILDREN);
	ck_assert_int_gt(shared_memory(), before + BIG - MARGIN);
	end_family(&family, SIGKILL);
	anon_await_segments(0);
	await_shared_memory_below(before + MARGIN);
}

TEST(nothing_is_left_when_all_are_killed_after_the_broker)
{
	const long before = shared_memory();
	struct family family = start_family();

	client_lose_broker();
	ck_assert_int_gt(shared_memory(), before + BIG - MARGIN);
	end_family(&family, SIGKILL);
	await_shared_memory_below(before + MARGIN);
	ck_assert_ptr_null(PR_OpenAnonFileMap(NULL, 1, PR_PROT_READWRITE));
}
