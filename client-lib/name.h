/* SPDX-License-Identifier: MIT */
/* Brings a name that a program gives into normal form, which the broker expects. */
#ifndef PRSHM_CLIENT_NAME_H
#define PRSHM_CLIENT_NAME_H

#include "wire/wire.h"

struct name {
	char text[WIRE_NAME_MAX + 1];
	size_t length;
};

/*
 * Joins a relative name to the working directory and resolves ".", ".." and repeated slashes in the
 * text alone. Returns 0, an enum status (NOT_FOUND for "", NAME_TOO_LONG), or a negative errno:
 * -EINVAL (NULL), -EOVERFLOW (over WIRE_NAME_MAX bytes, as given or as joined), -EISDIR (it ends
 * like a directory), or the errno of getcwd(3).
 */
int name_normalise(const char *given, struct name *out);

#endif
