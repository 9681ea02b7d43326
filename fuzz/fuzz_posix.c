/* SPDX-License-Identifier: MIT */
/*
 * Fuzzing of the calls that libprshm-posix takes over: an input is a sequence of a program's calls, on
 * objects, on files of its own, on what is closed and on what nobody told the library of; of requests by
 * another program; and of what the wire does to replies (door-broker.c).
 *
 *	byte 0: which call; then what it needs, a byte each; and a byte for each reply
 *
 * After each call: the program's descriptors and mappings are those that the call left or made, as POSIX
 * says, and no other's was closed or replaced; a failure has the errno of POSIX; and the program holds
 * at the broker just what it has. At the end nothing is left.
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
#include "posix-lib/marks.h"
#include "posix-lib/objects.h"

#define LOW   24 /* numbers that the program uses, from the lowest on; then that of the library's socket */
#define COUNT (LOW + 1)

enum kind { NOTHING, OBJECT, FILE_OF_ITS_OWN, SOCKET };

/* What the program has, told without the library. */
static struct had {
	enum kind kind;
	uint64_t inode;
	bool only_reads; /* opened so by name */
} have[COUNT];
static uint64_t pages[FAKE_PAGE_COUNT];
static struct input input;
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* Whether all that the broker said counts. */
static bool is_honest(void)
{
	return !door.was_lost && !door.has_lied;
}

static int number_of(size_t index)
{
	return FAKE_FIRST_FD + (index < LOW ? (int)index : DOOR_OWN);
}

static uint64_t inode_of(int fd)
{
	struct stat st;

	return fake_name(fd) && __wrap_fstat(fd, &st) == 0 ? st.st_ino : 0;
}

static bool is_full(void)
{
	size_t count = 4;

	for (size_t i = 0; i < LOW; i++)
		count += have[i].kind != NOTHING;
	return count > LOW; /* a socket and a reply need a number for an instant */
}

static size_t lowest(void)
{
	for (size_t i = 0;; i++) {
		if (have[i].kind == NOTHING)
			return i;
	}
}

static void check_descriptors(void)
{
	unsigned int count = 0;
	unsigned int own = 0;

	for (size_t i = 0; i < COUNT; i++) {
		demand(inode_of(number_of(i)) == have[i].inode || (i == LOW && have[i].kind == NOTHING),
			"a descriptor of the program's was closed or replaced");
		count += have[i].kind != NOTHING;
	}
	for (int fd = FAKE_FIRST_FD + DOOR_OWN; fd < FAKE_FIRST_FD + DOOR_OWN + 4; fd++)
		own += fake_name(fd) && (fd > FAKE_FIRST_FD + DOOR_OWN || have[LOW].kind == NOTHING);
	demand(own <= 1, "more than one connection");
	demand(fake_count_fds() == count + own, "a descriptor has leaked");
}

static bool uses(uint64_t inode)
{
	bool found = false;

	for (size_t i = 0; i < COUNT; i++)
		found = found || have[i].inode == inode;
	for (size_t i = 0; i < FAKE_PAGE_COUNT; i++)
		found = found || pages[i] == inode;
	return found;
}

/* After a lie, or without its handles, a program holds what it asks for again. */
static void check_holds(void)
{
	const struct segment *segment = NULL;

	while (is_honest() && (segment = registry_next(&door.broker.registry, segment ? segment->number : 0))) {
		const unsigned int handles = door_count_handles(segment->inode);

		demand(handles > 0 || !uses(segment->inode), "what is used is not held");
		demand(handles == 0 || uses(segment->inode), "what is not used is held");
		demand(handles <= 1, "what is used is held twice");
	}
}

static void check(void)
{
	door_notice_end();
	check_descriptors();
	demand(memcmp(pages, fake_pages, sizeof(pages)) == 0, "another mapping has changed");
	check_holds();
}

/* A failure may have other reasons, if the broker was not reached or has lied. */
static void check_errno(int wanted)
{
	demand(!is_honest() || errno == wanted, "the errno is not that of POSIX");
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
	const size_t free_place = lowest();
	int fd;

	fd = by_path ? door_open(door_segment_name(which), flags, 0600)
		     : door_shm_open(names[which], flags, 0600);
	if (fd >= 0) {
		demand(fd == number_of(free_place), "the descriptor is not the lowest");
		have[free_place] = (struct had){OBJECT, inode_of(fd), flags == (flags & ~O_RDWR)};
		demand(door.has_lied || door_find(which)->inode == inode_of(fd), "another object");
		demand(door.has_lied || before || (flags & O_CREAT), "an object out of nothing");
	} else if (!before && !(flags & O_CREAT)) {
		check_errno(ENOENT);
	} else if (before && (flags & O_CREAT) && (flags & O_EXCL)) {
		check_errno(EEXIST);
	} else if (before && !may) {
		check_errno(EACCES);
	} else {
		demand(!is_honest() || (flags & O_TRUNC), "an open fails");
	}
}

static void close_one(size_t index)
{
	const bool is_open = have[index].kind != NOTHING;
	int result;

	have[index] = (struct had){NOTHING, 0, false};
	fake_closes_nothing = !is_open;
	result = door_close(number_of(index));
	fake_closes_nothing = false;
	demand((result == 0) == is_open, is_open ? "a close fails" : "what is not open is closed");
	demand(result == 0 || errno == EBADF, "the errno is not that of POSIX");
}

static void close_some(size_t first, size_t last)
{
	for (size_t i = first; i <= last; i++)
		have[i] = (struct had){NOTHING, 0, false};
	if (door_close_range((unsigned int)number_of(first), (unsigned int)number_of(last), 0) < 0)
		demand(first > last && errno == EINVAL, "a range is not closed");
}

static void copy_one(size_t from, size_t to, bool three)
{
	const bool fails = have[from].kind == NOTHING || (three && from == to);
	int result;

	if (from == LOW && have[LOW].kind == NOTHING) /* maybe the library's socket, which can be copied */
		return;
	result = three ? door_dup3(number_of(from), number_of(to), 0)
		       : door_dup2(number_of(from), number_of(to));
	demand((result < 0) == fails, fails ? "what is not open is copied" : "a copy fails");
	demand(!fails || errno == (three && from == to ? EINVAL : EBADF), "the errno is not that of POSIX");
	if (!fails && from != to)
		have[to] = have[from];
}

/* What nobody tells the library of. */
static void copy_unknown(size_t from)
{
	const size_t to = lowest();

	if (have[from].kind == NOTHING || is_full())
		return;
	demand(__wrap_fcntl(number_of(from), F_DUPFD_CLOEXEC, 0) == number_of(to), "no copy");
	have[to] = have[from];
}

static void open_file(uint8_t options)
{
	const struct fake_file is = {.mode = (options & 1 ? S_IFSOCK : S_IFREG) | 0600,
		.size = options & 2 ? FAKE_PAGE : 0, .seals = options & 1 ? -1 : options & 4};
	const size_t to = lowest();

	if (is_full())
		return;
	demand(fake_open(&is, options & 8 ? O_RDONLY : O_RDWR) == number_of(to), "no file");
	have[to] = (struct had){options & 1 ? SOCKET : FILE_OF_ITS_OWN, inode_of(number_of(to)),
		options & 8};
}

static int64_t size_of(int fd)
{
	struct stat st = {.st_size = -1};

	__wrap_fstat(fd, &st);
	return st.st_size;
}

static void size_one(size_t index, uint8_t options)
{
	const int fd = number_of(index);
	const int64_t size = (options & 15) == 15 ? -1 : (options & 7) * FAKE_PAGE / 2;
	const int64_t before = size_of(fd);
	const int how = options / 64;
	int result = how % 3 == 0 ? door_ftruncate64(fd, size) : door_fallocate64(fd, 0, 0, size);

	if (how == 2 && result == 0)
		result = door_posix_fallocate64(fd, 0, size) == 0 ? 0 : -1;
	if (index == LOW && have[LOW].kind == NOTHING) /* the library's socket: no matter how it is refused */
		demand(result < 0, "the library's socket has a size");
	else if (have[index].kind == NOTHING)
		demand(result < 0 && errno == EBADF, "what is not open has got a size");
	else if (result == 0)
		demand(door.has_lied || (how % 3 ? size_of(fd) >= size : size_of(fd) == size), "another size");
	else
		demand(size_of(fd) == before || !is_honest(), "a call that fails has changed the size");
	if (result < 0 && have[index].kind == OBJECT && how % 3 == 0)
		demand(errno == EINVAL || errno == EPERM || errno == EACCES || errno == ENOSPC ||
				errno == EFBIG || !is_honest(),
			"the errno is not that of POSIX");
	if (have[index].kind == OBJECT && have[index].only_reads && !door.has_lied)
		demand(result < 0 || size == before || how % 3, "a descriptor that only reads has changed the size");
}

static void map_one(size_t index, uint8_t options)
{
	const int fd = number_of(index);
	const size_t count = options & 3;
	const int prot = PROT_READ | (options & 4 ? PROT_WRITE : 0);
	const size_t fixed = options & 8 ? 1 + options / 16 : 0;
	uint8_t *at = door_mmap64(fixed ? fake_address(fixed) : NULL, count * FAKE_PAGE, prot,
		MAP_SHARED | (fixed ? MAP_FIXED : 0), fd, 0);

	if (at == MAP_FAILED && have[index].kind == NOTHING)
		demand(index == LOW || errno == EBADF, "the errno is not that of POSIX");
	else if (at == MAP_FAILED && count == 0 && have[index].kind != SOCKET)
		demand(errno == EINVAL, "the errno is not that of POSIX");
	else if (at == MAP_FAILED)
		demand(errno == EACCES || errno == ENODEV || errno == ENOMEM, "the errno is not that of POSIX");
	if (at == MAP_FAILED)
		return;
	demand(have[index].kind != NOTHING && count > 0, "a mapping of nothing");
	demand(!(prot & PROT_WRITE) || !have[index].only_reads || door.has_lied, "what only reads is mapped to write");
	demand(!fixed || at == fake_address(fixed), "the mapping is at another address");
	for (size_t i = 0; i < count; i++)
		pages[(size_t)(at - fake_address(0)) / FAKE_PAGE + i] = have[index].inode;
}

static void unmap(size_t page, size_t count)
{
	const int result = door_munmap(fake_address(page), count * FAKE_PAGE);

	demand((result == 0) == (count > 0), "to unmap fails");
	for (size_t i = page; i < page + count && i < FAKE_PAGE_COUNT; i++)
		pages[i] = 0;
}

static void move_mapping(size_t page, uint8_t options)
{
	const size_t size = options & 3;
	const size_t wanted = options >> 2 & 3;
	const size_t fixed = options & 16 ? 1 + options / 32 : 0;
	const uint64_t inode = pages[page];
	uint8_t *at = door_mremap(fake_address(page), size * FAKE_PAGE, wanted * FAKE_PAGE,
		MREMAP_MAYMOVE | (fixed ? MREMAP_FIXED : 0), fixed ? fake_address(fixed) : NULL);

	if (at == MAP_FAILED)
		return;
	demand(inode != 0, "nothing is moved");
	for (size_t i = page; i < page + size && i < FAKE_PAGE_COUNT; i++)
		pages[i] = 0;
	for (size_t i = 0; i < wanted; i++)
		pages[(size_t)(at - fake_address(0)) / FAKE_PAGE + i] = inode;
}

static void look(size_t index, uint8_t options)
{
	const int fd = number_of(index);
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
	else if (have[index].kind == NOTHING && index < LOW)
		demand(result < 0 && errno == EBADF, "what is not open is looked at");
	if (options % 4 == 3 && have[index].kind != NOTHING)
		demand(result == 0 && (have[index].kind == OBJECT || st.st_ino == have[index].inode),
			"a descriptor is another's");
}

static void play_call(void)
{
	const uint8_t which = take_byte(&input) % 24;
	const uint8_t options = take_byte(&input);
	const size_t index = options % COUNT;

	if (which < 5 && !is_full())
		open_object(options);
	else if (which == 5)
		door_shm_unlink(door_segment_name(options) + sizeof("/dev/shm") - 1);
	else if (which < 9)
		close_one(index);
	else if (which == 9)
		close_some(index, take_byte(&input) % COUNT);
	else if (which == 10 || which == 11)
		copy_one(index, take_byte(&input) % COUNT, which == 11);
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
	check();
}

__attribute__((constructor(101))) static void set_environment(void)
{
	setenv("PRSHM_SOCKET", "/f", 1);
	setenv("PRSHM_POSIX_PATHS", "1", 1);
}

static void end_program(void)
{
	for (size_t i = 0; i < COUNT; i++) {
		if (have[i].kind != NOTHING)
			close_one(i);
	}
	unmap(1, FAKE_PAGE_COUNT - 1);
	check();
	door.is_over = true;
	door_shm_unlink("/a"); /* the connection is lost */
	demand(!objects_next(0, 0), "an object is left");
	demand(fake_count_fds() == 0, "a descriptor has leaked");
	for (size_t i = 0; i < COUNT; i++)
		demand(marks_get(number_of(i)) == MARK_FOREIGN, "a mark is left");
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
