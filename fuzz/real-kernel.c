/* SPDX-License-Identifier: MIT */
/*
 * The same calls for a target that is not linked with the fake kernel: its descriptors are the
 * process's.
 */
#include <poll.h>

#include "fuzz/fake-kernel.h"

#define FDS_MAX 64 /* more than a world of fuzz_broker.c can have open */

void fake_reset(void)
{
}

unsigned int fake_count_fds(void)
{
	struct pollfd fds[FDS_MAX];
	unsigned int count = 0;

	for (int fd = 0; fd < FDS_MAX; fd++)
		fds[fd] = (struct pollfd){.fd = fd};
	poll(fds, FDS_MAX, 0); /* one call, where fcntl(2) takes one for each */
	for (int fd = 0; fd < FDS_MAX; fd++)
		count += !(fds[fd].revents & POLLNVAL);
	return count;
}
