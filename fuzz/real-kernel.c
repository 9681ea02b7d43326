/* SPDX-License-Identifier: MIT */
/*
 * The same calls for a target that is not linked with the fake kernel: its descriptors are the
 * process's.
 */
#include <fcntl.h>

#include "fuzz/fake-kernel.h"

#define FDS_MAX 64 /* more than a world of fuzz_broker.c can have open */

void fake_reset(void)
{
}

unsigned int fake_count_fds(void)
{
	unsigned int count = 0;

	for (int fd = 0; fd < FDS_MAX; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}
