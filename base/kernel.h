/* SPDX-License-Identifier: MIT */
/*
 * System calls by their numbers. glibc has functions for them since 2.34 and 2.36, musl has none;
 * the kernels that the broker runs on have them all (5.9).
 */
#ifndef PRSHM_BASE_KERNEL_H
#define PRSHM_BASE_KERNEL_H

#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/* The same on every architecture, as are all numbers from 424 on. */
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC 4U
#endif

/* close_range(2) */
static inline int kernel_close_range(unsigned int first, unsigned int last, unsigned int flags)
{
	return (int)syscall(SYS_close_range, first, last, flags);
}

/* pidfd_open(2) */
static inline int kernel_pidfd_open(pid_t pid, unsigned int flags)
{
	return (int)syscall(SYS_pidfd_open, pid, flags);
}

#endif
