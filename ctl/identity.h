/* SPDX-License-Identifier: MIT */
/* Users and groups: names where there are any, and numbers, which the broker knows them by. */
#ifndef PRSHM_CTL_IDENTITY_H
#define PRSHM_CTL_IDENTITY_H

#include "include/prshm-client.h"

/* The name, or the number in digits; lives as long as the process. */
const char *identity_name(enum prshm_kind kind, uint32_t id);

/* A name or a number, length bytes of text. False: there is none of that name. */
bool identity_parse(enum prshm_kind kind, const char *text, size_t length, uint32_t *out);

#endif
