/* SPDX-License-Identifier: MIT */
/* The first protocol: a child gets the maps named for it, and no others. */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/anon/anon.h"
#include "tests/anon/shared.h"
#include "tests/lib/testing.h"

#define THREADS 8
#define ROUNDS  10

static PRProcessAttr *name_map(PRProcessAttr *attr, PRFileMap *map, const char *name)
{
	if (!attr)
		attr = PR_NewProcessAttr();
	ck_assert_int_eq(PR_ProcessAttrSetInheritableFileMap(attr, map, name), PR_SUCCESS);
	return attr;
}

/* Runs an actor by PR_CreateProcess, and returns what it exits with. */
#define ACT(attr, ...)                                                                             \
	anon_create((const char *const[]){anon_program("actor"), __VA_ARGS__, NULL}, attr)

FIXTURE(ANON_FIXTURE);

TEST(parent_and_child_share_a_named_map)
{
	struct shared shared = shared_make('p');
	PRProcessAttr *attr = name_map(NULL, shared.map, "words");

	ck_assert_int_eq(ACT(attr, "get", "words", "p", "c"), 0);
	ck_assert_int_eq(shared.memory[0], 'c');
	PR_DestroyProcessAttr(attr);
	shared_drop(&shared);
}

TEST(a_map_may_be_closed_before_the_child_is_created)
{
	struct shared shared = shared_make('p');
	PRProcessAttr *attr = name_map(NULL, shared.map, "words");

	PR_CloseFileMap(shared.map);
	ck_assert_int_eq(ACT(attr, "get", "words", "p", "c"), 0);
	ck_assert_int_eq(shared.memory[0], 'c');
	PR_DestroyProcessAttr(attr);
	PR_MemUnmap(shared.memory, SHARED_SIZE);
}

TEST(several_maps_go_to_one_child)
{
	struct shared shared[5];
	PRProcessAttr *attr = NULL;
	char names[5][INT8_MAX * 2 + 2] = {"a", "b,b", "c:c", "\xff\x01 \n", ""};

	memset(names[4], 'n', 255); /* the longest */
	for (int i = 0; i < 5; i++) {
		shared[i] = shared_make((char)('1' + i));
		attr = name_map(attr, shared[i].map, names[i]);
	}
	ck_assert_int_eq(ACT(attr, "get", names[4], "5", "E", names[0], "1", "A", names[1], "2",
				 "B", names[3], "4", "D", names[2], "3", "C"),
		0);
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(shared[i].memory[0], 'A' + i);
		shared_drop(&shared[i]);
	}
	PR_DestroyProcessAttr(attr);
}

TEST(one_map_goes_to_several_children_by_any_name)
{
	struct shared shared = shared_make('0');
	PRProcessAttr *attr = name_map(NULL, shared.map, "first");
	PRProcessAttr *other = name_map(NULL, shared.map, "second");

	ck_assert_int_eq(ACT(attr, "get", "first", "0", "1"), 0);
	ck_assert_int_eq(ACT(attr, "get", "first", "1", "2"), 0);
	ck_assert_int_eq(ACT(other, "get", "second", "2", "3"), 0);
	name_map(other, shared.map, "third");
	ck_assert_int_eq(ACT(other, "get", "second", "3", "4", "third", "4", "5"), 0);
	ck_assert_int_eq(shared.memory[0], '5');
	PR_DestroyProcessAttr(attr);
	PR_DestroyProcessAttr(other);
	shared_drop(&shared);
}

TEST(a_grandchild_gets_what_the_child_names_for_it)
{
	struct shared shared = shared_make('p');
	PRProcessAttr *attr = name_map(NULL, shared.map, "mine");

	ck_assert_int_eq(ACT(attr, "relay", "mine", "yours", "p", "g"), 0);
	ck_assert_int_eq(shared.memory[0], 'g');
	PR_DestroyProcessAttr(attr);
	shared_drop(&shared);
}

TEST(a_name_given_twice_means_the_later_map)
{
	struct shared first = shared_make('1');
	struct shared second = shared_make('2');
	PRProcessAttr *attr = name_map(name_map(NULL, first.map, "n"), second.map, "n");

	ck_assert_int_eq(ACT(attr, "get", "n", "2", "c"), 0);
	ck_assert_int_eq(first.memory[0], '1');
	ck_assert_int_eq(second.memory[0], 'c');
	PR_ResetProcessAttr(attr);
	ck_assert_int_eq(ACT(attr, "get", "n", "2", "c"), ANON_FAILED(PR_FILE_NOT_FOUND_ERROR));
	PR_DestroyProcessAttr(attr);
	shared_drop(&first);
	shared_drop(&second);
}

TEST(a_map_is_handed_over_once_and_by_its_name_only)
{
	struct shared shared = shared_make('p');
	PRProcessAttr *attr = name_map(NULL, shared.map, "n");

	ck_assert_int_eq(ACT(attr, "lose", "n"), ANON_FAILED(PR_FILE_NOT_FOUND_ERROR));
	ck_assert_int_eq(ACT(attr, "get", "N", "p", "c"), ANON_FAILED(PR_FILE_NOT_FOUND_ERROR));
	ck_assert_int_eq(ACT(attr, "get", "", "p", "c"), ANON_FAILED(PR_FILE_NOT_FOUND_ERROR));
	ck_assert_int_eq(ACT(attr, "clean"), 0);
	PR_DestroyProcessAttr(attr);
	ck_assert_ptr_null(PR_GetInheritedFileMap("n"));
	anon_expect(PR_FILE_NOT_FOUND_ERROR);
	ck_assert_ptr_null(PR_GetInheritedFileMap(NULL));
	anon_expect(PR_INVALID_ARGUMENT_ERROR);
	shared_drop(&shared);
}

TEST(a_name_that_cannot_be_is_an_error)
{
	struct shared shared = shared_make('p');
	PRProcessAttr *attr = PR_NewProcessAttr();
	char name[257] = "";

	ck_assert_int_eq(PR_ProcessAttrSetInheritableFileMap(NULL, shared.map, "n"), PR_FAILURE);
	anon_expect(PR_INVALID_ARGUMENT_ERROR);
	ck_assert_int_eq(PR_ProcessAttrSetInheritableFileMap(attr, NULL, "n"), PR_FAILURE);
	anon_expect(PR_INVALID_ARGUMENT_ERROR);
	ck_assert_int_eq(PR_ProcessAttrSetInheritableFileMap(attr, shared.map, NULL), PR_FAILURE);
	anon_expect(PR_INVALID_ARGUMENT_ERROR);
	ck_assert_int_eq(PR_ProcessAttrSetInheritableFileMap(attr, shared.map, name), PR_FAILURE);
	anon_expect(PR_INVALID_ARGUMENT_ERROR);
	memset(name, 'n', 256);
	ck_assert_int_eq(PR_ProcessAttrSetInheritableFileMap(attr, shared.map, name), PR_FAILURE);
	anon_expect(PR_NAME_TOO_LONG_ERROR);
	PR_DestroyProcessAttr(attr);
	shared_drop(&shared);
}

/* What is dup'ed into their places would be taken for them. */
TEST(a_closed_standard_input_stays_closed)
{
	struct shared shared = shared_make('p');
	int input = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	PRProcessAttr *attr;

	close(STDIN_FILENO);
	attr = name_map(NULL, shared.map, "words");
	ck_assert_int_lt(fcntl(STDIN_FILENO, F_GETFD), 0);
	ck_assert_int_eq(ACT(attr, "get", "words", "p", "c"), 0);
	ck_assert_int_eq(dup2(input, STDIN_FILENO), STDIN_FILENO);
	close(input);
	PR_DestroyProcessAttr(attr);
	shared_drop(&shared);
}

TEST(without_a_broker_inheritance_is_enough)
{
	struct shared shared = shared_make('p');
	PRProcessAttr *attr = name_map(NULL, shared.map, "words");

	client_lose_broker();
	ck_assert_int_eq(ACT(attr, "get", "words", "p", "c"), 0);
	ck_assert_int_eq(shared.memory[0], 'c');
	PR_DestroyProcessAttr(attr);
	shared_drop(&shared);
}

/* What a lister wrote must be 0, 1, 2 and descriptors of these inodes, in any order. */
static void expect_list(const char *path, const ino_t *inodes, size_t count)
{
	FILE *file = fopen(path, "re");
	unsigned long inode;
	size_t found = 0;
	int fd;

	ck_assert_ptr_nonnull(file);
	while (fscanf(file, "%d %lu", &fd, &inode) == 2) {
		if (fd <= STDERR_FILENO)
			continue;
		found++;
		for (size_t i = 0; i <= count; i++) {
			ck_assert_msg(i < count, "descriptor %d has inode %lu", fd, inode);
			if (inodes[i] == inode)
				break;
		}
	}
	fclose(file);
	unlink(path);
	ck_assert_uint_eq(found, count);
}

static int list_with(const PRProcessAttr *attr, const char *path)
{
	const char *const arguments[] = {anon_program("lister"), path, NULL};

	return anon_create(arguments, attr);
}

TEST(a_child_has_the_named_maps_and_no_other_descriptor)
{
	struct shared first = shared_make('1');
	struct shared second = shared_make('2');
	struct shared unnamed = shared_make('3');
	struct shared exported = shared_make('4');
	const ino_t inodes[] = {anon_inode(first.memory), anon_inode(second.memory)};
	PRProcessAttr *attr = name_map(name_map(NULL, first.map, "a"), second.map, "b");
	PRProcessAttr *other = name_map(NULL, unnamed.map, "c");
	char string[PR_FILEMAP_STRING_BUFSIZE];
	char path[128];

	snprintf(path, sizeof(path), "%s/list", client_broker.directory);
	ck_assert_int_eq(
		PR_ExportFileMapAsString(exported.map, sizeof(string), string), PR_SUCCESS);
	ck_assert_int_eq(PR_ExportFileMapAsString(first.map, sizeof(string), string), PR_SUCCESS);
	ck_assert_int_eq(list_with(attr, path), 0);
	expect_list(path, inodes, 2);
	ck_assert_int_eq(list_with(NULL, path), 0);
	expect_list(path, NULL, 0);
	PR_DestroyProcessAttr(attr);
	PR_DestroyProcessAttr(other);
	shared_drop(&first);
	shared_drop(&second);
	shared_drop(&unnamed);
	shared_drop(&exported);
}

TEST(a_grandchild_by_fork_gets_nothing)
{
	struct shared first = shared_make('1');
	struct shared never_asked_for = shared_make('2');
	PRProcessAttr *attr = name_map(name_map(NULL, first.map, "a"), never_asked_for.map, "b");
	char path[128];

	snprintf(path, sizeof(path), "%s/list", client_broker.directory);
	ck_assert_int_eq(ACT(attr, "list", "a", path), 0);
	expect_list(path, NULL, 0);
	PR_DestroyProcessAttr(attr);
	shared_drop(&first);
	shared_drop(&never_asked_for);
}

static void *spawn_own(void *number)
{
	const char own[] = {*(const char *)number, '\0'};
	struct shared shared = shared_make(own[0]);
	const ino_t inode = anon_inode(shared.memory);
	char path[128];

	snprintf(path, sizeof(path), "%s/list%s", client_broker.directory, own);
	for (int i = 0; i < ROUNDS; i++) {
		PRProcessAttr *attr = name_map(NULL, shared.map, "own");

		ck_assert_int_eq(list_with(attr, path), 0);
		expect_list(path, &inode, 1);
		ck_assert_int_eq(ACT(attr, "get", "own", own, own), 0);
		PR_DestroyProcessAttr(attr);
	}
	shared_drop(&shared);
	return NULL;
}

static atomic_bool done;

/* Descriptors that are not CLOEXEC come and go meanwhile. */
static void *export_and_close(void *argument)
{
	while (!atomic_load(&done)) {
		struct shared shared = shared_export(PR_PROT_READWRITE);

		shared_drop(&shared);
	}
	return argument;
}

TEST(children_of_threads_at_once_get_their_own_maps_only)
{
	static const char numbers[THREADS + 1] = "12345678";
	pthread_t threads[THREADS];
	pthread_t exporter;

	ck_assert_int_eq(pthread_create(&exporter, NULL, export_and_close, NULL), 0);
	for (size_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(
			pthread_create(&threads[i], NULL, spawn_own, (void *)&numbers[i]), 0);
	for (size_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	atomic_store(&done, true);
	ck_assert_int_eq(pthread_join(exporter, NULL), 0);
}
