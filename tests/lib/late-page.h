/* SPDX-License-Identifier: MIT */
/*
 * A write that lasts until the test ends it: its bytes come from a page of userfaultfd(2). As long
 * as it lasts, the kernel makes no other change of that file. Without a library: programs that know
 * nothing of us use it, too.
 */
#ifndef PRSHM_TESTS_LIB_LATE_PAGE_H
#define PRSHM_TESTS_LIB_LATE_PAGE_H

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LATE_PAGE 4096

struct late_page {
	pthread_t writer;
	char *bytes;
	int fault; /* readable once the write waits for the bytes */
	int file;
};

/* By the kernel's call: a library in between might ask the broker first. */
static inline void *late_page_write(void *data)
{
	const struct late_page *page = data;

	return (void *)(uintptr_t)(syscall(SYS_pwrite64, page->file, page->bytes, 4, 0) == 4);
}

/* The write to the file has begun. False: no userfaultfd(2), which is for root alone. */
static inline bool late_page_begin(struct late_page *page, int file)
{
	struct uffdio_api api = {.api = UFFD_API};
	struct uffdio_register all = {.mode = UFFDIO_REGISTER_MODE_MISSING};
	struct pollfd poller = {.events = POLLIN};

	page->file = file;
	page->fault = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	page->bytes =
		mmap(NULL, LATE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	all.range.start = (uintptr_t)page->bytes;
	all.range.len = LATE_PAGE;
	poller.fd = page->fault;
	return page->fault >= 0 && ioctl(page->fault, UFFDIO_API, &api) == 0 &&
	       ioctl(page->fault, UFFDIO_REGISTER, &all) == 0 &&
	       pthread_create(&page->writer, NULL, late_page_write, page) == 0 &&
	       poll(&poller, 1, -1) == 1 && poller.revents == POLLIN;
}

/* Whether it has written. */
static inline bool late_page_end(const struct late_page *page)
{
	static const char bytes[LATE_PAGE] = "late";
	struct uffdio_copy copy = {
		.dst = (uintptr_t)page->bytes, .src = (uintptr_t)bytes, .len = sizeof(bytes)};
	void *written = NULL;

	return ioctl(page->fault, UFFDIO_COPY, &copy) == 0 &&
	       pthread_join(page->writer, &written) == 0 && written && close(page->fault) == 0 &&
	       munmap(page->bytes, LATE_PAGE) == 0;
}

#endif
