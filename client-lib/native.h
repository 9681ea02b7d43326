/* SPDX-License-Identifier: MIT */
/* Functions that the files native*.c share: these have the calls of prshm-client.h. */
#ifndef PRSHM_CLIENT_NATIVE_H
#define PRSHM_CLIENT_NATIVE_H

#include "client-lib/connection.h"
#include "include/prshm-client.h"

/* The flags of prshm-client.h, shifted right by this many bits, are those of the wire. */
#define NATIVE_FLAGS_SHIFT 8

/* As handle_named_call, but "" is BAD_NAME: NSPR's calls do not find "". */
int native_named_call(struct wire_request *request, const char *name, struct broker_answer *answer);

/* Whether all reserved fields are 0: a later version of the header may give them a meaning. */
bool native_is_zero(const uint64_t *reserved, size_t count);

/* Whether all fields of the options that have no meaning yet are 0. */
bool native_options_are_sane(const struct prshm_options *options);

/* Converts all but the entries of the rights. The caller has checked their number. */
struct prshm_segment native_stat(const struct wire_stated *stated);

#endif
