/* SPDX-License-Identifier: MIT */
/* libnspr4's own versions of the calls that this library overrides. */
#ifndef PRSHM_NSPR_NEXT_H
#define PRSHM_NSPR_NEXT_H

#include <prshma.h>
#include <stdbool.h>

PRStatus next_export(PRFileMap *map, PRSize size, char *buffer);
PRFileMap *next_import(const char *string);
PRStatus next_set_inheritable(PRProcessAttr *attr, PRFileMap *map, const char *name);

/* Whether the text is a string of NSPR itself: "FD:PROT", spelt exactly as NSPR writes it. */
bool next_is_string(const char *string, int *fd);
/* The number of the map's descriptor; -1 if NSPR does not say. */
int next_descriptor(PRFileMap *map);

#endif
