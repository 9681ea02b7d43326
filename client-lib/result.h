/* SPDX-License-Identifier: MIT */
/* The one place where the outcome of a call becomes an enum prshm_result. */
#ifndef PRSHM_CLIENT_RESULT_H
#define PRSHM_CLIENT_RESULT_H

#include "include/prshm-client.h"

/* The outcome of a call to the broker: 0, an enum status, or a negative errno. */
enum prshm_result result_from_outcome(int outcome);

#endif
