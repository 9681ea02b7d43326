/* SPDX-License-Identifier: MIT */
/*
 * All of NSPR that this library has. NSPR's own nspr.h has much more.
 */
#ifndef PRSHM_NSPR_H
#define PRSHM_NSPR_H

#include "prerror.h"
#include "prinit.h"
#include "prio.h"
#include "prmem.h"
#include "prproces.h"
#include "prshm.h"
#include "prshma.h"
#include "prtypes.h"

#endif
