/* SPDX-License-Identifier: MIT */
/* PRProcessAttr: the attributes that a child is created with. */
#ifndef PRSHM_CLIENT_PROCESS_ATTR_H
#define PRSHM_CLIENT_PROCESS_ATTR_H

#include "client-lib/inherit.h"
#include "include/prproces.h"

#define STREAMS 3

struct PRProcessAttr {
	struct named_maps maps;
	/* libnspr4's, borrowed, for the child's 0, 1 and 2; or NULL */
	PRFileDesc *streams[STREAMS];
	char *directory; /* owned; NULL: the parent's */
};

/*
 * Calls of NSPR's prproces.h for descriptors of libnspr4, which no header of this library has. They
 * are here because libnspr4's own would write into a struct that it did not make. stream:
 * PRSpecialFD.
 */
NSPR_API(void) PR_ProcessAttrSetStdioRedirect(PRProcessAttr *attr, int stream, PRFileDesc *desc);
NSPR_API(PRStatus)
PR_ProcessAttrSetInheritableFD(PRProcessAttr *attr, PRFileDesc *desc, const char *name);

#endif
