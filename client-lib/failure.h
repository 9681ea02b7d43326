/* SPDX-License-Identifier: MIT */
/* The one place where the outcome of a call becomes an NSPR error. */
#ifndef PRSHM_CLIENT_FAILURE_H
#define PRSHM_CLIENT_FAILURE_H

#include "include/prerr.h"
#include "include/prerror.h"
#include "wire/wire.h"

/* The outcome of a call to the broker: 0, an enum status, or a negative errno. */
void failure_set(int outcome);
/* What errno is after that. */
int failure_errno(int outcome);

#endif
