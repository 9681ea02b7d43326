/* SPDX-License-Identifier: MIT */
/* Whether a program has what it had, and holds that at the broker. */
#include "fuzz/posix-program.h"

#include <string.h>
#include <sys/stat.h>

#include "fuzz/demand.h"
#include "fuzz/door-broker.h"
#include "fuzz/fake-calls.h"
#include "fuzz/fake-kernel.h"

struct had program_has[PROGRAM_COUNT];
uint64_t program_pages[FAKE_PAGE_COUNT];

/* Whether all that the broker said counts. */
bool program_is_honest(void)
{
	return !door.was_lost && !door.has_lied;
}

int program_number(size_t index)
{
	return FAKE_FIRST_FD + (index < PROGRAM_LOW ? (int)index : DOOR_OWN);
}

uint64_t program_inode(int fd)
{
	struct stat st;

	return fake_name(fd) && __wrap_fstat(fd, &st) == 0 ? st.st_ino : 0;
}

bool program_is_full(void)
{
	size_t count = 4;

	for (size_t i = 0; i < PROGRAM_LOW; i++)
		count += program_has[i].kind != NOTHING;
	return count > PROGRAM_LOW; /* a socket and a reply need a number for an instant */
}

size_t program_lowest(void)
{
	for (size_t i = 0;; i++) {
		if (program_has[i].kind == NOTHING)
			return i;
	}
}

static void check_descriptors(void)
{
	unsigned int count = 0;
	unsigned int own = 0;

	for (size_t i = 0; i < PROGRAM_COUNT; i++) {
		demand(program_inode(program_number(i)) == program_has[i].inode ||
				(i == PROGRAM_LOW && program_has[i].kind == NOTHING),
			"a descriptor of the program's was closed or replaced");
		count += program_has[i].kind != NOTHING;
	}
	for (int i = 0; i < 4; i++)
		own += fake_name(program_number(PROGRAM_LOW) + i) &&
		       (i > 0 || program_has[PROGRAM_LOW].kind == NOTHING);
	demand(own <= 1, "more than one connection");
	demand(fake_count_fds() == count + own, "a descriptor has leaked");
}

static bool uses(uint64_t inode)
{
	bool found = false;

	for (size_t i = 0; i < PROGRAM_COUNT; i++)
		found = found || program_has[i].inode == inode;
	for (size_t i = 0; i < FAKE_PAGE_COUNT; i++)
		found = found || program_pages[i] == inode;
	return found;
}

/* After a lie, or without its handles, a program holds what it asks for again. */
static void check_holds(void)
{
	struct registry *registry = &door.broker.registry;
	const struct segment *segment = NULL;

	while (program_is_honest() &&
		(segment = registry_next(registry, segment ? segment->number : 0))) {
		const unsigned int handles = door_count_handles(segment->inode);

		demand(handles > 0 || !uses(segment->inode), "what is used is not held");
		demand(handles == 0 || uses(segment->inode), "what is not used is held");
		demand(handles <= 1, "what is used is held twice");
	}
}

void program_check(void)
{
	door_notice_end();
	check_descriptors();
	demand(memcmp(program_pages, fake_pages, sizeof(program_pages)) == 0,
		"another mapping has changed");
	check_holds();
}
