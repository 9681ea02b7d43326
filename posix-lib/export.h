/* SPDX-License-Identifier: MIT */
/* For the calls that this library takes over; prshm-posix.map lists them. */
#ifndef PRSHM_POSIX_EXPORT_H
#define PRSHM_POSIX_EXPORT_H

#define EXPORT __attribute__((visibility("default")))

#endif
