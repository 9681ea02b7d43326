/* SPDX-License-Identifier: MIT */
/*
 * syscall(2), by which programs make the calls that are younger than the C library they know:
 * libuv, and so Node.js, has statx(2) so.
 */
#undef _FILE_OFFSET_BITS
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "posix-lib/export.h"
#include "posix-lib/next.h"

/* As many as the kernel takes. Those that the program has not given are not looked at. */
#define ARGUMENTS 6

EXPORT long syscall(long number, ...)
{
	long given[ARGUMENTS];
	va_list arguments;

	va_start(arguments, number);
	for (int i = 0; i < ARGUMENTS; i++)
		given[i] = va_arg(arguments, long);
	va_end(arguments);
	switch (number) {
	case SYS_statx:
		return statx((int)given[0], (const char *)given[1], (int)given[2],
			(unsigned int)given[3], (struct statx *)given[4]);
	case SYS_renameat2:
		return renameat2((int)given[0], (const char *)given[1], (int)given[2],
			(const char *)given[3], (unsigned int)given[4]);
	default:
		return next()->syscall(
			number, given[0], given[1], given[2], given[3], given[4], given[5]);
	}
}
