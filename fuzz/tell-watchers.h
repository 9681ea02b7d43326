/* SPDX-License-Identifier: MIT */
/* What the event loop does for watchers, where each message goes out at once. */
#ifndef PRSHM_FUZZ_TELL_WATCHERS_H
#define PRSHM_FUZZ_TELL_WATCHERS_H

#include "daemon/core/broker.h"

/* A whole round. What is wrong with a message, or NULL. */
const char *tell_watchers(struct broker *broker);

#endif
