/* SPDX-License-Identifier: MIT */
/* PRProcessAttr: what a child is created with. */
#ifndef PRSHM_CLIENT_PROCESS_ATTR_H
#define PRSHM_CLIENT_PROCESS_ATTR_H

#include "client-lib/inherit.h"
#include "include/prproces.h"

struct PRProcessAttr {
	struct named_maps maps;
	char *directory; /* owned; NULL: the parent's */
};

#endif
