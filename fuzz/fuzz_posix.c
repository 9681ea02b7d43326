/* SPDX-License-Identifier: MIT */
/*
 * Fuzzing of the calls that libprshm-posix takes over: an input is a sequence of a program's calls,
 * on objects, on files of its own, on what is closed and on what nobody told the library of; of
 * requests by another program; and of what the wire does to replies (door-broker.c).
 *
 *	byte 0: which call; then what it needs, a byte each; and a byte for each reply
 *
 * After each call: the program's descriptors and mappings are those that the call left or made, as
 * POSIX says, and no other's was closed or replaced; a failure has the errno of POSIX; and the
 * program holds at the broker just what it has. At the end nothing is left.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "fuzz/demand.h"
#include "fuzz/door-broker.h"
#include "fuzz/fake-calls.h"
#include "fuzz/fake-door.h"
#include "fuzz/fake-kernel.h"
#include "fuzz/posix-program.h"
#include "posix-lib/marks.h"
#include "posix-lib/objects.h"

#define WRONG_ERRNO "the errno is not that of POSIX"

static struct input input;
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* A failure may have other reasons, if the broker was not reached or has lied. */
static void check_errno(int wanted)
{
	demand(!program_is_honest() || errno == wanted, WRONG_ERRNO);
}

static void open_object(uint8_t options)
{
	static const char *const names[DOOR_NAMES] = {"/a", "b", "//c"};
	const int flags = (options & 4 ? O_CREAT : 0) | (options & 8 ? O_EXCL : 0) |
			  (options & 16 ? O_RDONLY : O_RDWR) | ((options & 96) == 96 ? O_TRUNC : 0);
	const size_t which = options % 4 % DOOR_NAMES;
	const uint32_t wanted = options & 16 ? 0400 : 0600;
	const bool by_path = options & 128;
	const bool before = door_find(which);
	const bool may = before && (door_find(which)->rights.mode & wanted) == wanted;
	const size_t free_place = program_lowest();
	int fd;

	fd = by_path ? door_open(door_segment_name(which), flags, 0600)
		     : door_shm_open(names[which], flags, 0600);
	if (fd >= 0) {
		demand(fd == program_number(free_place), "the descriptor is not the lowest");
		program_has[free_place] =
			(struct had){OBJECT, program_inode(fd), flags == (flags & ~O_RDWR)};
		demand(door.has_lied || door_find(which)->inode == program_inode(fd),
			"another object");
		demand(door.has_lied || before || (flags & O_CREAT), "an object out of nothing");
	} else if (!before && !(flags & O_CREAT)) {
		check_errno(ENOENT);
	} else if (before && (flags & O_CREAT) && (flags & O_EXCL)) {
		check_errno(EEXIST);
	} else if (before && !may) {
		check_errno(EACCES);
	} else {
		demand(!program_is_honest() || (flags & O_TRUNC), "an open fails");
	}
}

static void close_one(size_t index)
{
	const bool is_open = program_has[index].kind != NOTHING;
	int result;

	program_has[index] = (struct had){NOTHING, 0, false};
	fake_closes_nothing = !is_open;
	result = door_close(program_number(index));
	fake_closes_nothing = false;
	demand((result == 0) == is_open, is_open ? "a close fails" : "what is not open is closed");
	demand(result == 0 || errno == EBADF, WRONG_ERRNO);
}

static void close_some(size_t first, size_t last)
{
	for (size_t i = first; i <= last; i++)
		program_has[i] = (struct had){NOTHING, 0, false};
	if (door_close_range(
		    (unsigned int)program_number(first), (unsigned int)program_number(last), 0) < 0)
		demand(first > last && errno == EINVAL, "a range is not closed");
}

static void copy_one(size_t from, size_t to, bool three)
{
	const bool fails = program_has[from].kind == NOTHING || (three && from == to);
	int result;

	/* maybe the library's socket, which can be copied */
	if (from == PROGRAM_LOW && program_has[PROGRAM_LOW].kind == NOTHING)
		return;
	result = three ? door_dup3(program_number(from), program_number(to), 0)
		       : door_dup2(program_number(from), program_number(to));
	demand((result < 0) == fails, fails ? "what is not open is copied" : "a copy fails");
	demand(!fails || errno == (three && from == to ? EINVAL : EBADF), WRONG_ERRNO);
	if (!fails && from != to)
		program_has[to] = program_has[from];
}

/*
 * What nobody tells the library of. So the library cannot know whether the copy is of one that only
 * reads, or of one that writes once the size is fixed, and lets the copy size the object.
 */
static void copy_unknown(size_t from)
{
	const size_t to = program_lowest();

	if (program_has[from].kind == NOTHING || program_is_full())
		return;
	demand(__wrap_fcntl(program_number(from), F_DUPFD_CLOEXEC, 0) == program_number(to),
		"no copy");
	program_has[to] = program_has[from];
	program_has[to].only_reads &= program_has[to].kind != OBJECT;
}

static void open_file(uint8_t options)
{
	const struct fake_file is = {.mode = (options & 1 ? S_IFSOCK : S_IFREG) | 0600,
		.size = options & 2 ? FAKE_PAGE : 0,
		.seals = options & 1 ? -1 : options & 4};
	const size_t to = program_lowest();

	if (program_is_full())
		return;
	demand(fake_open(&is, options & 8 ? O_RDONLY : O_RDWR) == program_number(to), "no file");
	program_has[to] = (struct had){options & 1 ? SOCKET : FILE_OF_ITS_OWN,
		program_inode(program_number(to)), options & 8};
}

static int64_t size_of(int fd)
{
	struct stat st = {.st_size = -1};

	__wrap_fstat(fd, &st);
	return st.st_size;
}

static void size_one(size_t index, uint8_t options)
{
	const int fd = program_number(index);
	const int64_t size = (options & 15) == 15 ? -1 : (options & 7) * FAKE_PAGE / 2;
	const int64_t before = size_of(fd);
	const int how = options / 64;
	int result;

	if (how % 3 == 0)
		result = door_ftruncate64(fd, size);
	else if (how == 1)
		result = door_fallocate64(fd, 0, 0, size);
	else
		result = (errno = door_posix_fallocate64(fd, 0, size)) == 0 ? 0 : -1;
	/* the library's socket: no matter how it is refused */
	if (index == PROGRAM_LOW && program_has[PROGRAM_LOW].kind == NOTHING)
		demand(result < 0, "the library's socket has a size");
	else if (program_has[index].kind == NOTHING)
		demand(result < 0 && errno == EBADF, "what is not open has got a size");
	else if (result == 0)
		demand(door.has_lied || (how % 3 ? size_of(fd) >= size : size_of(fd) == size),
			"another size");
	else
		demand(size_of(fd) == before || !program_is_honest(),
			"a call that fails has changed the size");
	if (result < 0 && program_has[index].kind == OBJECT && how % 3 == 0)
		demand(errno == EINVAL || errno == EPERM || errno == EACCES || errno == ENOSPC ||
				errno == EFBIG || !program_is_honest(),
			WRONG_ERRNO);
	if (program_has[index].kind == OBJECT && program_has[index].only_reads && !door.has_lied)
		demand(result < 0 || size == before || how % 3,
			"a descriptor that only reads has changed the size");
}

static void map_one(size_t index, uint8_t options)
{
	const int fd = program_number(index);
	const size_t count = options & 3;
	const int prot = PROT_READ | (options & 4 ? PROT_WRITE : 0);
	const size_t fixed = options & 8 ? 1 + options / 16 : 0;
	uint8_t *at = door_mmap64(fixed ? fake_address(fixed) : NULL, count * FAKE_PAGE, prot,
		MAP_SHARED | (fixed ? MAP_FIXED : 0), fd, 0);

	if (at == MAP_FAILED && program_has[index].kind == NOTHING)
		demand(index == PROGRAM_LOW || errno == EBADF, WRONG_ERRNO);
	else if (at == MAP_FAILED && count == 0 && program_has[index].kind != SOCKET)
		demand(errno == EINVAL, WRONG_ERRNO);
	else if (at == MAP_FAILED)
		demand(errno == EACCES || errno == ENODEV || errno == ENOMEM, WRONG_ERRNO);
	if (at == MAP_FAILED)
		return;
	demand(program_has[index].kind != NOTHING && count > 0, "a mapping of nothing");
	demand(!(prot & PROT_WRITE) || !program_has[index].only_reads || door.has_lied,
		"what only reads is mapped to write");
	demand(!fixed || at == fake_address(fixed), "the mapping is at another address");
	for (size_t i = 0; i < count; i++)
		program_pages[(size_t)(at - fake_address(0)) / FAKE_PAGE + i] =
			program_has[index].inode;
}

static void unmap(size_t page, size_t count)
{
	const int result = door_munmap(fake_address(page), count * FAKE_PAGE);

	demand((result == 0) == (count > 0), "to unmap fails");
	for (size_t i = page; i < page + count && i < FAKE_PAGE_COUNT; i++)
		program_pages[i] = 0;
}

static void move_mapping(size_t page, uint8_t options)
{
	const size_t size = options & 3;
	const size_t wanted = options >> 2 & 3;
	const size_t fixed = options & 16 ? 1 + options / 32 : 0;
	const uint64_t inode = program_pages[page];
	uint8_t *at = door_mremap(fake_address(page), size * FAKE_PAGE, wanted * FAKE_PAGE,
		MREMAP_MAYMOVE | (fixed ? MREMAP_FIXED : 0), fixed ? fake_address(fixed) : NULL);

	if (at == MAP_FAILED)
		return;
	demand(inode != 0, "nothing is moved");
	for (size_t i = page; i < page + size && i < FAKE_PAGE_COUNT; i++)
		program_pages[i] = 0;
	for (size_t i = 0; i < wanted; i++)
		program_pages[(size_t)(at - fake_address(0)) / FAKE_PAGE + i] = inode;
}

static void look(size_t index, uint8_t options)
{
	const int fd = program_number(index);
	struct stat st;
	int result;

	if (options % 4 == 0)
		result = door_fchmod(fd, options & 4 ? 0600 : 0400);
	else if (options % 4 == 1)
		result = door_fchown(fd, (unsigned int)-1, (unsigned int)-1);
	else
		result = door_fstat(fd, &st);
	if (options % 4 == 2)
		door_stat(door_segment_name(options >> 2), &st);
	else if (program_has[index].kind == NOTHING && index < PROGRAM_LOW)
		demand(result < 0 && errno == EBADF, "what is not open is looked at");
	if (options % 4 == 3 && program_has[index].kind != NOTHING)
		demand(result == 0 && (program_has[index].kind == OBJECT ||
					      st.st_ino == program_has[index].inode),
			"a descriptor is another's");
}

static void play_call(void)
{
	const uint8_t which = take_byte(&input) % 24;
	const uint8_t options = take_byte(&input);
	const size_t index = options % PROGRAM_COUNT;

	if (which < 5 && !program_is_full())
		open_object(options);
	else if (which == 5)
		door_shm_unlink(door_segment_name(options) + sizeof("/dev/shm") - 1);
	else if (which < 9)
		close_one(index);
	else if (which == 9)
		close_some(index, take_byte(&input) % PROGRAM_COUNT);
	else if (which == 10 || which == 11)
		copy_one(index, take_byte(&input) % PROGRAM_COUNT, which == 11);
	else if (which == 12)
		copy_unknown(index);
	else if (which == 13)
		open_file(options);
	else if (which < 16)
		size_one(index, take_byte(&input));
	else if (which < 18)
		map_one(index, take_byte(&input));
	else if (which == 18)
		unmap(1 + options % (FAKE_PAGE_COUNT - 1), take_byte(&input) % 8);
	else if (which == 19)
		move_mapping(1 + options % 16, take_byte(&input));
	else if (which == 20)
		look(index, take_byte(&input));
	else if (which < 23 || options > 0)
		door_play_other();
	else
		door_break();
	program_check();
}

__attribute__((constructor(101))) static void set_environment(void)
{
	setenv("PRSHM_SOCKET", "/f", 1);
	setenv("PRSHM_POSIX_PATHS", "1", 1);
}

static void end_program(void)
{
	for (size_t i = 0; i < PROGRAM_COUNT; i++) {
		if (program_has[i].kind != NOTHING)
			close_one(i);
	}
	unmap(1, FAKE_PAGE_COUNT - 1);
	program_check();
	door.is_over = true;
	door_shm_unlink("/a"); /* the connection is lost */
	demand(!objects_next(0, 0), "an object is left");
	demand(fake_count_fds() == 0, "a descriptor has leaked");
	for (size_t i = 0; i < PROGRAM_COUNT; i++)
		demand(marks_get(program_number(i)) == MARK_FOREIGN, "a mark is left");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	input = (struct input){bytes, length};
	door_begin(&input);
	while (input.left > 0)
		play_call();
	end_program();
	door_end();
	return 0;
}
