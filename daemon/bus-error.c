/* SPDX-License-Identifier: MIT */
/* SIGBUS, which a hole in a shared page is where there is no memory; bus-error.h tells the idea. */
#include "daemon/bus-error.h"

#include <errno.h>
#include <signal.h>

#include "daemon/core/ring.h"

/* Raised again, and not only returned from: it may have been sent by somebody. */
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
