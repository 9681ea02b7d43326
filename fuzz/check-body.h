/* SPDX-License-Identifier: MIT */
/* What a reply that says OK says besides: whether it is what its own counts tell. */
#ifndef PRSHM_FUZZ_CHECK_BODY_H
#define PRSHM_FUZZ_CHECK_BODY_H

#include "wire/wire.h"

/* What is wrong with it, or NULL. */
const char *check_body(const struct wire_reply *reply);

#endif
