/* SPDX-License-Identifier: MIT */
/* What went wrong, and what to do about it, on standard error. */
#ifndef PRSHM_CTL_FAILURE_H
#define PRSHM_CTL_FAILURE_H

#include "include/prshm-client.h"

/* About a segment; without one, name is NULL. Returns FAILED, or DONE for PRSHM_OK. */
int failure_report(enum prshm_result result, const char *name);

/* In words of the caller's: "prshmctl: NAME: ..."; returns FAILED. */
__attribute__((format(printf, 2, 3))) int failure_say(const char *name, const char *format, ...);

#endif
