/* SPDX-License-Identifier: MIT */
/* What can, and cannot, be done with a segment's descriptor by whoever has it, of any uid. */
#include "tests/daemon/scene.h"
#include "tests/lib/testing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SIZE 8192

static struct wire_opened opened;
static int writer; /* a descriptor that may write */
static int reader; /* a descriptor of the same that may not */

static void begin(void)
{
	scene_begin_plain();
	ck_assert_int_eq(exchange_open(scene.honest, "/memory", WIRE_OPEN_CREATE, SIZE, 0600,
				 &opened, &writer),
		STATUS_OK);
	ck_assert_int_eq(exchange_reopen(scene.honest, opened.segment, &reader), STATUS_OK);
}

static void end(void)
{
	close(writer);
	close(reader);
	exchange_close(scene.honest, opened.handle);
	ck_assert_int_eq(exchange_delete(scene.honest, "/memory"), STATUS_OK);
	scene_end();
}

static void check_fails(long result, int error)
{
	ck_assert_int_eq(result, -1);
	ck_assert_msg(errno == error, "%s instead of %s", strerror(errno), strerror(error));
}

static void check_byte(off_t offset, char expected)
{
	char byte;

	ck_assert_int_eq(pread(reader, &byte, 1, offset), 1);
	ck_assert_int_eq(byte, expected);
}

FIXTURE(begin, end);

TEST(reader_cannot_write_by_any_call)
{
	ck_assert_int_eq(pwrite(writer, "w", 1, 0), 1);
	check_fails(write(reader, "r", 1), EBADF);
	check_fails(pwrite(reader, "r", 1, 0), EBADF);
	check_fails(ftruncate(reader, SIZE / 2), EINVAL);
	check_fails(fallocate(reader, 0, 0, SIZE), EBADF);
	check_fails(fallocate(reader, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, SIZE), EBADF);
	check_fails(fcntl(reader, F_ADD_SEALS, F_SEAL_WRITE), EPERM);
	check_fails(copy_file_range(writer, &(off_t){4096}, reader, &(off_t){0}, 1, 0), EBADF);
	check_byte(0, 'w');
}

/* Ways to write that ask the mapping, not the descriptor. */
TEST(reader_cannot_make_its_mapping_writable)
{
	void *mapped = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, reader, 0);
	int memory = open("/proc/self/mem", O_RDWR | O_CLOEXEC);

	ck_assert_ptr_ne(mapped, MAP_FAILED);
	ck_assert_int_eq(pwrite(writer, "w", 1, 0), 1);
	check_fails((long)mmap(NULL, SIZE, PROT_WRITE, MAP_SHARED, reader, 0), EACCES);
	check_fails(mprotect(mapped, SIZE, PROT_READ | PROT_WRITE), EACCES);
	check_fails(madvise(mapped, SIZE, MADV_REMOVE), EACCES);
	if (memory >= 0) {
		ck_assert_int_eq(pwrite(memory, "r", 1, (off_t)(uintptr_t)mapped), -1);
		close(memory);
	}
	check_byte(0, 'w');
	ck_assert_int_eq(munmap(mapped, SIZE), 0);
}

/* Its size is what a peer's mapping relies on: SIGBUS otherwise. */
TEST(writer_cannot_change_the_size)
{
	check_fails(ftruncate(writer, SIZE / 2), EPERM);
	check_fails(ftruncate(writer, 0), EPERM);
	check_fails(ftruncate(writer, SIZE * 2), EPERM);
	check_fails(fallocate(writer, 0, SIZE, SIZE), EPERM);
	check_fails(pwrite(writer, "w", 1, SIZE), EPERM);
	ck_assert_int_eq(lseek(writer, 0, SEEK_END), SIZE);
}

TEST(writer_cannot_add_seals)
{
	const int seals[] = {F_SEAL_WRITE, F_SEAL_FUTURE_WRITE, F_SEAL_GROW, F_SEAL_SEAL};
	const int needed = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

	for (size_t i = 0; i < sizeof(seals) / sizeof(seals[0]); i++)
		check_fails(fcntl(writer, F_ADD_SEALS, seals[i]), EPERM);
	ck_assert_int_eq(fcntl(writer, F_GET_SEALS) & needed, needed);
	ck_assert_int_eq(fcntl(writer, F_GET_SEALS) & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE), 0);
}

TEST(writer_may_write_and_punch_holes)
{
	ck_assert_int_eq(pwrite(writer, "w", 1, SIZE - 1), 1);
	check_byte(SIZE - 1, 'w');
	ck_assert_int_eq(fallocate(writer, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, SIZE), 0);
	check_byte(SIZE - 1, '\0');
}

TEST(memory_is_not_to_be_executed)
{
	char *const arguments[] = {(char *)"segment", NULL};

	ck_assert_int_eq(pwrite(writer, "#!/bin/true\n", 12, 0), 12);
	check_fails(execveat(reader, "", arguments, environ, AT_EMPTY_PATH), EACCES);
	check_fails(execveat(writer, "", arguments, environ, AT_EMPTY_PATH), EACCES);
}

TEST(descriptors_are_closed_on_exec)
{
	ck_assert_int_eq(fcntl(writer, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(fcntl(reader, F_GETFD), FD_CLOEXEC);
}

static bool closes_on_exec(const char *fdinfo)
{
	FILE *file = fopen(fdinfo, "re");
	unsigned int flags = 0;
	char line[128];

	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file) && sscanf(line, "flags: %o", &flags) != 1)
		;
	fclose(file);
	return flags & O_CLOEXEC;
}

/* All of them but the standard streams, while it has clients and segments. */
TEST(the_brokers_own_are_closed_on_exec_too)
{
	char path[64];
	struct dirent *entry;
	DIR *directory;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo", (int)scene.broker.pid);
	directory = opendir(path);
	ck_assert_ptr_nonnull(directory);
	while ((entry = readdir(directory))) {
		char fdinfo[512];

		if (entry->d_name[0] == '.' || atoi(entry->d_name) <= STDERR_FILENO)
			continue;
		snprintf(fdinfo, sizeof(fdinfo), "%s/%s", path, entry->d_name);
		ck_assert_msg(closes_on_exec(fdinfo), "%s", fdinfo);
	}
	closedir(directory);
}

TEST(mapping_bears_the_segments_name)
{
	void *mapped = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, reader, 0);
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	bool found = false;

	ck_assert_ptr_ne(mapped, MAP_FAILED);
	ck_assert_ptr_nonnull(maps);
	while (!found && fgets(line, sizeof(line), maps))
		found = strstr(line, "/memfd:prshm:/memory") != NULL;
	fclose(maps);
	ck_assert(found);
	ck_assert_int_eq(munmap(mapped, SIZE), 0);
}

/* Made without memory, so that the first who touches a page pays for it, in his cgroup. */
TEST(segment_takes_no_memory_before_it_is_touched)
{
	void *mapped = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, writer, 0);
	struct wire_stated stated;

	ck_assert_ptr_ne(mapped, MAP_FAILED);
	ck_assert_int_eq(exchange_stat(scene.honest, "/memory", &stated), STATUS_OK);
	ck_assert_uint_eq(stated.used, 0);
	memset(mapped, 'x', SIZE);
	ck_assert_int_eq(exchange_stat(scene.honest, "/memory", &stated), STATUS_OK);
	ck_assert_uint_ge(stated.used, SIZE);
	ck_assert_int_eq(munmap(mapped, SIZE), 0);
}
