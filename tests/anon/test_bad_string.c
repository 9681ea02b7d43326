/* SPDX-License-Identifier: MIT */
/* The second protocol: everything that may be wrong with a string. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/anon/anon.h"
#include "tests/anon/shared.h"
#include "tests/lib/testing.h"

static struct shared given;

/*
 * What a good string is made into, and what then becomes of it. A letter stands for a part of the
 * good one: n its number, p the protection, i the inode, t the token, s the token without its end.
 */
static const struct {
	const char *form;
	PRErrorCode code;
} wrong[] = {
	{"", PR_INVALID_ARGUMENT_ERROR},
	{"x", PR_INVALID_ARGUMENT_ERROR},
	{"n", PR_INVALID_ARGUMENT_ERROR},
	{"n:p", PR_INVALID_ARGUMENT_ERROR}, /* NSPR's own */
	{"n:p:i", PR_INVALID_ARGUMENT_ERROR},
	{"n:p:i:", PR_INVALID_ARGUMENT_ERROR},
	{"n:p:i:s", PR_INVALID_ARGUMENT_ERROR},
	{"n:p:i:t0", PR_INVALID_ARGUMENT_ERROR},
	{"n:p:i:t ", PR_INVALID_ARGUMENT_ERROR},
	{"n:p:i:t:", PR_INVALID_ARGUMENT_ERROR},
	{" n:p:i:t", PR_INVALID_ARGUMENT_ERROR},
	{"+n:p:i:t", PR_INVALID_ARGUMENT_ERROR},
	{"-n:p:i:t", PR_INVALID_ARGUMENT_ERROR},
	{"0n:p:i:t", PR_INVALID_ARGUMENT_ERROR},
	{"0xn:p:i:t", PR_INVALID_ARGUMENT_ERROR},
	{"n4294967296:p:i:t", PR_INVALID_ARGUMENT_ERROR},
	{"2147483648:p:i:t", PR_INVALID_ARGUMENT_ERROR},
	{":p:i:t", PR_INVALID_ARGUMENT_ERROR},
	{"n::i:t", PR_INVALID_ARGUMENT_ERROR},
	{"n:3:i:t", PR_INVALID_ARGUMENT_ERROR},
	{"n:01:i:t", PR_INVALID_ARGUMENT_ERROR},
	{"n:p:18446744073709551616:t", PR_INVALID_ARGUMENT_ERROR},
	{"n:p:99999999999999999999999999:t", PR_INVALID_ARGUMENT_ERROR},
	{"n:p:i:0000000000000000000000000000000g", PR_INVALID_ARGUMENT_ERROR},
	{"n:p:i:ABCDEF00000000000000000000000000", PR_INVALID_ARGUMENT_ERROR},
	/* Well formed, but of nobody's memory. */
	{"n:p:i1:t", PR_FILE_NOT_FOUND_ERROR},
	{"n:p:0:t", PR_FILE_NOT_FOUND_ERROR},
	{"n:p:18446744073709551615:t", PR_FILE_NOT_FOUND_ERROR},
	{"99999:p:i:00000000000000000000000000000000", PR_FILE_NOT_FOUND_ERROR},
	{"2147483647:p:i:ffffffffffffffffffffffffffffffff", PR_FILE_NOT_FOUND_ERROR},
};

/* Writes a part of the good string, by its letter, or the letter itself. */
static void expand(FILE *out, char letter, char part[4][64])
{
	static const char letters[] = "npits";
	const char *at = strchr(letters, letter);

	if (!at)
		fputc(letter, out);
	else if (letter == 's')
		fprintf(out, "%.31s", part[3]);
	else
		fputs(part[at - letters], out);
}

FIXTURE(ANON_FIXTURE);

TEST_LOOP(a_wrong_string_is_an_error, PR_ARRAY_SIZE(wrong))
{
	char part[4][64];
	char *changed = NULL;
	size_t size;
	FILE *out = open_memstream(&changed, &size);

	given = shared_export(PR_PROT_READWRITE);
	ck_assert_int_eq(sscanf(given.string, "%63[^:]:%63[^:]:%63[^:]:%63s", part[0], part[1],
				 part[2], part[3]),
		4);
	for (const char *at = wrong[_i].form; *at; at++)
		expand(out, *at, part);
	fclose(out);
	ck_assert_ptr_null(PR_ImportFileMapFromString(changed));
	anon_expect(wrong[_i].code);
	ck_assert_int_eq(fcntl(given.fd, F_GETFD), 0);
	free(changed);
	shared_drop(&given);
}

TEST(no_string_and_a_long_one_are_errors)
{
	static char text[100000];

	ck_assert_ptr_null(PR_ImportFileMapFromString(NULL));
	anon_expect(PR_INVALID_ARGUMENT_ERROR);
	memset(text, '1', sizeof(text) - 1);
	ck_assert_ptr_null(PR_ImportFileMapFromString(text));
	anon_expect(PR_INVALID_ARGUMENT_ERROR);
}

static int open_file(void)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/file", client_broker.directory);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
	unlink(path);
	return fd;
}

static int open_memory(void)
{
	return memfd_create("another", MFD_ALLOW_SEALING);
}

static int open_sealed_memory(void)
{
	int fd = open_memory();

	ck_assert_int_eq(ftruncate(fd, 4096), 0);
	ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL), 0);
	return fd;
}

static int open_pipe(void)
{
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	close(ends[0]);
	return ends[1];
}

static int (*const openers[])(void) = {open_file, open_memory, open_sealed_memory, open_pipe};

/* NSPR would map it. Here it is not touched, and the memory comes by the token if that is right. */
TEST_LOOP(a_number_that_is_something_else_is_left_alone, PR_ARRAY_SIZE(openers))
{
	struct stat before;
	struct stat after;
	char changed[PR_FILEMAP_STRING_BUFSIZE];
	PRFileMap *imported;
	int other;

	given = shared_export(PR_PROT_READWRITE);
	other = openers[_i]();
	ck_assert_int_ge(other, 3);
	ck_assert_int_eq(fstat(other, &before), 0);
	shared_change(&given, other, true, changed);
	ck_assert_ptr_null(PR_ImportFileMapFromString(changed));
	anon_expect(PR_FILE_NOT_FOUND_ERROR);
	shared_change(&given, other, false, changed);
	imported = PR_ImportFileMapFromString(changed);
	ck_assert_ptr_nonnull(imported);
	given.memory[0] = 'x';
	ck_assert_int_eq(*anon_map(imported, 1), 'x');
	PR_CloseFileMap(imported);
	ck_assert_int_eq(fcntl(other, F_GETFD), 0);
	ck_assert_int_eq(fstat(other, &after), 0);
	ck_assert_uint_eq(after.st_ino, before.st_ino);
	ck_assert_int_eq(after.st_size, before.st_size);
	close(other);
	shared_drop(&given);
}

TEST(a_string_of_closed_memory_is_an_error_even_if_its_number_is_taken_again)
{
	PRFileMap *next;

	given = shared_export(PR_PROT_READWRITE);
	shared_drop(&given);
	anon_await_segments(0);
	ck_assert_ptr_null(PR_ImportFileMapFromString(given.string));
	anon_expect(PR_FILE_NOT_FOUND_ERROR);
	next = anon_open(4096, PR_PROT_READWRITE);
	ck_assert_int_eq(fcntl(given.fd, F_GETFD), FD_CLOEXEC); /* the same number */
	ck_assert_ptr_null(PR_ImportFileMapFromString(given.string));
	anon_expect(PR_FILE_NOT_FOUND_ERROR);
	PR_CloseFileMap(next);
}

TEST_LOOP(nobody_writes_memory_that_is_not_to_be_written, 2)
{
	char changed[PR_FILEMAP_STRING_BUFSIZE];
	char *protection;

	given = shared_export(_i == 0 ? PR_PROT_READONLY : PR_PROT_WRITECOPY);
	shared_change(&given, given.fd, false, changed);
	protection = strchr(changed, ':') + 1;
	*protection = '0' + PR_PROT_READWRITE;
	ck_assert_ptr_null(PR_ImportFileMapFromString(changed));
	anon_expect(PR_NO_ACCESS_RIGHTS_ERROR);
	shared_change(&given, 9999, false, changed);
	*(strchr(changed, ':') + 1) = '0' + PR_PROT_READWRITE;
	ck_assert_ptr_null(PR_ImportFileMapFromString(changed)); /* nor by the token */
	anon_expect(PR_NO_ACCESS_RIGHTS_ERROR);
	shared_drop(&given);
}

TEST(a_full_descriptor_table_leaves_no_holder_and_nothing_open)
{
	char other[PR_FILEMAP_STRING_BUFSIZE];

	given = shared_export(PR_PROT_READWRITE);
	shared_change(&given, 9999, false, other);
	anon_fill_descriptors();
	ck_assert_ptr_null(PR_ImportFileMapFromString(given.string)); /* no duplicate to be had */
	anon_expect(PR_PROC_DESC_TABLE_FULL_ERROR);
	ck_assert_ptr_null(PR_ImportFileMapFromString(other)); /* by the token */
	anon_expect(PR_PROC_DESC_TABLE_FULL_ERROR);
	anon_free_descriptors();
	shared_drop(&given);
}
