/* SPDX-License-Identifier: MIT */
/* The second protocol: a map as a string, which a child makes a map of. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/anon/anon.h"
#include "tests/anon/shared.h"
#include "tests/lib/process.h"
#include "tests/lib/testing.h"

static struct shared given;

/* In a child of fork whose descriptors are closed from a number on. */
static int import_after_closing(int first, const char *old, const char *new)
{
	const char *const arguments[] = {
		anon_program("actor"), "import", given.string, old, new, NULL};
	pid_t pid = fork();

	if (pid == 0) {
		for (int fd = first; fd < 1024; fd++)
			close(fd);
		execv(arguments[0], (char *const *)arguments);
		_exit(127);
	}
	return process_wait(pid);
}

FIXTURE(ANON_FIXTURE);

TEST(a_string_has_the_documented_form)
{
	int consumed = 0;
	int fd;
	int protection;
	unsigned long inode;

	given = shared_export(PR_PROT_READWRITE);
	ck_assert_int_eq(sscanf(given.string, "%d:%d:%lu:%*32[0-9a-f]%n", &fd, &protection, &inode,
				 &consumed),
		3);
	ck_assert_uint_eq((size_t)consumed, strlen(given.string));
	ck_assert_int_eq(protection, PR_PROT_READWRITE);
	ck_assert_uint_eq(inode, anon_inode(given.memory));
	shared_drop(&given);
}

TEST(a_buffer_too_small_is_an_error_and_untouched)
{
	char buffer[PR_FILEMAP_STRING_BUFSIZE] = "#";
	size_t length;

	given = shared_export(PR_PROT_READWRITE);
	length = strlen(given.string);
	ck_assert_int_eq(PR_ExportFileMapAsString(given.map, length + 1, buffer), PR_SUCCESS);
	ck_assert_str_eq(buffer, given.string);
	memset(buffer, '#', sizeof(buffer));
	for (size_t size = 0; size <= length; size += length) {
		ck_assert_int_eq(PR_ExportFileMapAsString(given.map, size, buffer), PR_FAILURE);
		anon_expect(PR_BUFFER_OVERFLOW_ERROR);
		ck_assert_int_eq(buffer[0], '#');
	}
	ck_assert_int_eq(PR_ExportFileMapAsString(NULL, sizeof(buffer), buffer), PR_FAILURE);
	anon_expect(PR_INVALID_ARGUMENT_ERROR);
	ck_assert_int_eq(PR_ExportFileMapAsString(given.map, sizeof(buffer), NULL), PR_FAILURE);
	anon_expect(PR_INVALID_ARGUMENT_ERROR);
	shared_drop(&given);
}

TEST(a_child_that_inherits_shares_the_memory)
{
	const char *const arguments[] = {
		anon_program("actor"), "import", given.string, "p", "c", NULL};

	given = shared_export(PR_PROT_READWRITE);
	given.memory[0] = 'p';
	ck_assert_int_eq(anon_run(arguments), 0);
	ck_assert_int_eq(given.memory[0], 'c');
	shared_drop(&given);
}

TEST(a_child_without_descriptors_gets_the_memory_by_the_token)
{
	given = shared_export(PR_PROT_READWRITE);
	given.memory[0] = 'p';
	ck_assert_int_eq(import_after_closing(3, "p", "c"), 0);
	ck_assert_int_eq(given.memory[0], 'c');
	shared_drop(&given);
}

TEST(without_a_broker_inheritance_is_enough)
{
	given = shared_export(PR_PROT_READWRITE);
	given.memory[0] = 'p';
	client_lose_broker();
	ck_assert_int_eq(import_after_closing(given.fd + 1, "p", "c"), 0);
	ck_assert_int_eq(given.memory[0], 'c');
	ck_assert_int_eq(import_after_closing(3, "c", "c"), ANON_FAILED(PR_CONNECT_REFUSED_ERROR));
	PR_MemUnmap(given.memory, SHARED_SIZE);
	PR_CloseFileMap(given.map);
}

TEST(a_child_of_create_process_gets_no_descriptor_but_may_use_the_token)
{
	const char *const arguments[] = {
		anon_program("actor"), "import", given.string, "p", "c", NULL};
	char path[128];
	char listed[64] = "";
	FILE *file;

	snprintf(path, sizeof(path), "%s/list", client_broker.directory);
	const char *const list[] = {anon_program("lister"), path, NULL};

	given = shared_export(PR_PROT_READWRITE);
	given.memory[0] = 'p';
	ck_assert_int_eq(anon_create(list, NULL), 0);
	file = fopen(path, "re");
	for (int i = 0; fgets(listed, sizeof(listed), file); i++)
		ck_assert_int_eq(atoi(listed), i); /* 0, 1, 2 */
	ck_assert_int_eq(atoi(listed), 2);
	fclose(file);
	unlink(path);
	ck_assert_int_eq(anon_create(arguments, NULL), 0);
	ck_assert_int_eq(given.memory[0], 'c');
	shared_drop(&given);
}

TEST(an_imported_descriptor_belongs_to_its_map_and_is_cloexec)
{
	PRFileMap *imported;
	char other[PR_FILEMAP_STRING_BUFSIZE];
	int fd;

	given = shared_export(PR_PROT_READWRITE);
	fd = dup(given.fd);
	shared_change(&given, fd, false, other);
	imported = PR_ImportFileMapFromString(other);
	ck_assert_ptr_nonnull(imported);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	PR_CloseFileMap(imported);
	ck_assert_int_lt(fcntl(fd, F_GETFD), 0);
	shared_drop(&given);
}

TEST(two_maps_never_own_one_descriptor)
{
	PRFileMap *imported;
	char *same;

	given = shared_export(PR_PROT_READWRITE);
	imported = PR_ImportFileMapFromString(given.string);
	ck_assert_ptr_nonnull(imported);
	PR_CloseFileMap(given.map);
	ck_assert_int_lt(fcntl(given.fd, F_GETFD), 0);
	same = anon_map(imported, 1);
	given.memory[0] = 'x';
	ck_assert_int_eq(same[0], 'x');
	PR_MemUnmap(same, 1);
	given.map = imported;
	shared_drop(&given);
}

TEST(an_importer_keeps_the_token_alive)
{
	PRFileMap *imported;
	PRFileMap *other;
	char *same;

	given = shared_export(PR_PROT_READWRITE);
	imported = PR_ImportFileMapFromString(given.string);
	ck_assert_ptr_nonnull(imported);
	given.memory[0] = 'x';
	PR_MemUnmap(given.memory, SHARED_SIZE);
	PR_CloseFileMap(given.map);
	other = PR_ImportFileMapFromString(given.string); /* by the token: the number is closed */
	ck_assert_ptr_nonnull(other);
	same = anon_map(other, 1);
	ck_assert_int_eq(same[0], 'x');
	PR_MemUnmap(same, 1);
	PR_CloseFileMap(other);
	PR_CloseFileMap(imported);
}

TEST(a_writecopy_map_of_a_child_is_its_own)
{
	const char *const arguments[] = {
		anon_program("actor"), "import", given.string, "", "c", NULL};

	given = shared_export(PR_PROT_WRITECOPY);
	given.memory[0] = 'p';
	ck_assert_int_eq(anon_run(arguments), 0);
	ck_assert_int_eq(given.memory[0], 'p');
	shared_drop(&given);
}
