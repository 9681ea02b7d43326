/* SPDX-License-Identifier: MIT */
/* Leaving a descriptor with the service manager, for the next process of this service. */
#include "base/leave.h"

#include <string.h>
#include <unistd.h>

#include "base/listen.h"
#include "base/log.h"
#include "base/service-manager.h"
#include "base/units.h"

#define BARRIER_MICROSECONDS 5000000

void leave_parcel(int parcel, size_t count)
{
	char left[UNITS_COUNT_MAX];

	units_count(count, "descriptor", left);
	if (parcel < 0) {
		log_write(LOG_ERR, "cannot leave %s with the service manager: %s", left,
			strerror(-parcel));
		return;
	}
	/*
	 * FDPOLL=0: the other end has gone, and the manager would take that for the end of this
	 * one.
	 */
	sd_pid_notify_with_fds(0, 0, "FDSTORE=1\nFDNAME=" PASSED_PARCEL "\nFDPOLL=0", &parcel, 1);
	close(parcel);
	if (sd_notify_barrier(0, BARRIER_MICROSECONDS) < 0)
		log_write(LOG_ERR, "the service manager does not say that it has all descriptors");
	else
		log_write(LOG_INFO,
			"left with the service manager, until the next start or a stop: %s", left);
}

void leave_forget(void)
{
	sd_notify(0, "FDSTOREREMOVE=1\nFDNAME=" PASSED_PARCEL);
}
