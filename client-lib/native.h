/* SPDX-License-Identifier: MIT */
/* What the files that make prshm-client.h's calls share. */
#ifndef PRSHM_CLIENT_NATIVE_H
#define PRSHM_CLIENT_NATIVE_H

#include "client-lib/connection.h"
#include "include/prshm-client.h"

/* From the flags of the header, which are unlike NSPR's, to those of the wire. */
#define NATIVE_FLAGS_SHIFT 8

/* NSPR takes "" for a name that is not found; here it is BAD_NAME. As connection_call. */
int native_named_call(struct wire_request *request, const char *name, struct broker_answer *answer);

/* Without the entries of its rights; the caller has checked how many there are. */
struct prshm_stat native_stat(const struct wire_stated *stated);

#endif
