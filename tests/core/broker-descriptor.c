/* SPDX-License-Identifier: MIT */
/*
 * What the descriptor of a reply can and cannot do, and when there is none to be had. That the
 * table rows carry one of the right memory, access and flags, each row checks (expect.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/core/failing.h"
#include "tests/core/world.h"

#define SIZE      5000
#define SEALS     (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)
#define SEAL_EXEC 0x0020 /* F_SEAL_EXEC, Linux 6.3: what is not executable stays so */

static void assert_sealed(int fd)
{
	struct stat st;

	ck_assert_int_eq(fcntl(fd, F_GET_SEALS) & ~SEAL_EXEC, SEALS);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert(S_ISREG(st.st_mode));
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(st.st_size, SIZE);
	ck_assert_int_eq(ftruncate(fd, SIZE - 1), -1);
	ck_assert_int_eq(ftruncate(fd, SIZE + 1), -1);
	ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(fallocate(fd, 0, SIZE, 1), -1);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_int_eq(st.st_size, SIZE);
}

SCENARIO(a_writer_gets_memory_that_it_can_write_but_not_reshape)
{
	const struct step step = {ALICE, OPEN("/a", 0)};
	struct reply reply;
	char *memory;

	PLAY({ALICE, CREATE("/a", SIZE, 0600), OPENED(1, SIZE, 0, RW)});
	ask(world, &step, &reply);
	assert_sealed(reply.fds[0].fd);
	memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, reply.fds[0].fd, 0);
	ck_assert_ptr_ne(memory, MAP_FAILED);
	ck_assert_int_eq(memory[SIZE - 1], 0);
	memory[SIZE - 1] = 'x';
	munmap(memory, SIZE);
	reply_deinit(&reply);
}

/* Not write, not map for writing, not turn a mapping for reading into one. */
static void assert_read_only(int fd)
{
	char *memory;

	assert_sealed(fd);
	ck_assert_int_eq(write(fd, "x", 1), -1);
	ck_assert_int_eq(errno, EBADF);
	ck_assert_ptr_eq(mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
	ck_assert_int_eq(errno, EACCES);
	memory = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);
	ck_assert_ptr_ne(memory, MAP_FAILED);
	ck_assert_int_eq(mprotect(memory, SIZE, PROT_READ | PROT_WRITE), -1);
	ck_assert_int_eq(errno, EACCES);
	munmap(memory, SIZE);
}

SCENARIO(a_reader_gets_memory_that_it_can_only_read)
{
	const struct step open_step = {BOB, OPEN("/a", 0)};
	const struct step reopen_step = {ALICE, REOPEN(1)};
	struct reply reply;

	PLAY({ALICE, CREATE("/a", SIZE, 0644), OPENED(1, SIZE, 0, RW)});
	ask(world, &open_step, &reply);
	assert_read_only(reply.fds[0].fd);
	ck_assert(reply.fds[0].owned);
	reply_deinit(&reply);
	ask(world, &reopen_step, &reply);
	assert_read_only(reply.fds[0].fd);
	ck_assert(reply.fds[0].owned);
	reply_deinit(&reply);
}

SCENARIO(a_kernel_without_noexec_seals_gives_the_same)
{
	failing_refuse_noexec();
	PLAY({ALICE, CREATE("/a", SIZE, 0600), OPENED(1, SIZE, 0, RW)});
	assert_sealed(registry_find_number(&world->broker.registry, 1)->fd);
}

/* Every request below meets a full descriptor table. */
SCENARIO(without_a_free_descriptor_only_what_needs_one_fails)
{
	static const struct {
		struct step step;
		enum status status;
	} rows[] = {
		{{ALICE, CREATE("/b", 1, 0600)}, STATUS_NO_RESOURCES},
		{{BOB, OPEN("/a", 0)}, STATUS_NO_RESOURCES},
		{{ALICE, REOPEN(1)}, STATUS_NO_RESOURCES},
		{{ALICE, OPEN("/a", 0)}, STATUS_OK},
		{{ALICE, STAT("/a")}, STATUS_OK},
		{{ALICE, LIST(0, "")}, STATUS_OK},
		{{ALICE, DELETE("/a")}, STATUS_OK},
	};
	struct rlimit roomy;
	struct rlimit full;
	int lowest;

	PLAY({ALICE, CREATE("/a", SIZE, 0644), OPENED(1, SIZE, 0, RW)});
	lowest = dup(0);
	close(lowest);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &roomy), 0);
	full = (struct rlimit){(rlim_t)lowest, roomy.rlim_max};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct reply reply;

		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &full), 0);
		ask(world, &rows[i].step, &reply);
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &roomy), 0);
		ck_assert_uint_eq(reply.wire.header.status, rows[i].status);
		reply_deinit(&reply);
	}
	PLAY({ALICE, CREATE("/b", 1, 0600), OPENED(2, 1, 2, RW)});
}

/*
 * The limit is the process's; the signal that would come with it, prshmd ignores. It is far above
 * what check writes into a file of its own meanwhile.
 */
SCENARIO(a_limit_of_file_sizes_is_a_limit_of_segments)
{
	const rlim_t limit = 1 << 19; /* less than this world allows */
	const struct step step = {ALICE, CREATE("/a", limit + 1, 0600)};
	struct rlimit before;
	struct rlimit small;
	struct reply reply;

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = (struct rlimit){limit, before.rlim_max};
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	ask(world, &step, &reply);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
	ck_assert_uint_eq(reply.wire.header.status, STATUS_TOO_BIG);
	reply_deinit(&reply);
	PLAY({ALICE, CREATE("/a", limit, 0600), OPENED(1, limit, 0, RW)});
}
