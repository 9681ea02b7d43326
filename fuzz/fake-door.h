/* SPDX-License-Identifier: MIT */
/*
 * What libprshm-posix finds behind it in a fuzz target, instead of the C library and /proc:
 * descriptors of the fake kernel, and mappings that are addresses without memory, page by page.
 * Nobody reads or writes there.
 */
#ifndef PRSHM_FUZZ_FAKE_DOOR_H
#define PRSHM_FUZZ_FAKE_DOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAKE_PAGE       4096
#define FAKE_PAGE_COUNT 64

/* For each page of the program's address space: the inode of the memory, 0: nothing is there. */
extern uint64_t fake_pages[FAKE_PAGE_COUNT];
uint8_t *fake_address(size_t page); /* page 0 is not used: no call gives NULL */
/* Whether the program itself closes a number that is not open. The library must never do that. */
extern bool fake_closes_nothing;

/*
 * The calls of libprshm-posix, by the names that fuzz.am gives them. The linker's --wrap is for
 * what the library calls itself by some of them: __real_ is what a program calls.
 */
struct stat;
int door_shm_open(const char *name, int flags, unsigned int mode);
int door_shm_unlink(const char *name);
int door_open(const char *path, int flags, ...);
int door_unlink(const char *path);
int door_stat(const char *path, struct stat *st);
int door_close(int fd) __asm__("__real_door_close");
int door_close_range(unsigned int first, unsigned int last, int flags);
int door_dup2(int fd, int to) __asm__("__real_door_dup2");
int door_dup3(int fd, int to, int flags) __asm__("__real_door_dup3");
void *door_mmap64(void *at, size_t size, int prot, int flags, int fd, int64_t offset);
int door_munmap(void *at, size_t size) __asm__("__real_door_munmap");
void *door_mremap(void *at, size_t size, size_t wanted, int flags, ...);
int door_ftruncate64(int fd, int64_t size);
int door_fallocate64(int fd, int mode, int64_t offset, int64_t size);
int door_posix_fallocate64(int fd, int64_t offset, int64_t size);
int door_fstat(int fd, struct stat *st);
int door_fchmod(int fd, unsigned int mode);
int door_fchown(int fd, unsigned int uid, unsigned int gid);

#endif
