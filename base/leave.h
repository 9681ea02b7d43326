/* SPDX-License-Identifier: MIT */
/*
 * What a service leaves with its service manager (sd_notify(3), FDSTORE=1) when the manager ends
 * it: one descriptor, in which all others are. The manager closes that at a stop, and passes it to
 * the next process of the same service at a restart, as PASSED_PARCEL.
 */
#ifndef PRSHM_BASE_LEAVE_H
#define PRSHM_BASE_LEAVE_H

#include <stddef.h>

/*
 * Returns when the manager has it. parcel: owned from here on; or a negative errno, why it cannot
 * be had. count: how many descriptors are in it. What happens is logged.
 */
void leave_parcel(int parcel, size_t count);
void leave_forget(void); /* the manager closes what the last process left */

#endif
