/* SPDX-License-Identifier: MIT */
/*
 * The handler of SIGBUS. The kernel sends it for an access to a mapped page whose memory is gone,
 * or for which no memory is left (mmap(2)). Only rings are mapped, so ring_replace decides.
 */
#include "daemon/bus-error.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>

#include "daemon/core/ring.h"

/*
 * raise() is needed for a SIGBUS that a process has sent: that one would not come again by itself.
 */
static void handle(int number, siginfo_t *info, void *context)
{
	const int error = errno;

	(void)context;
	if (info->si_code != BUS_ADRERR || !ring_replace(info->si_addr)) {
		signal(number, SIG_DFL);
		raise(number);
	}
	errno = error;
}

void bus_error_init(void)
{
	struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO};

	sigemptyset(&action.sa_mask);
	sigaction(SIGBUS, &action, NULL);
}
