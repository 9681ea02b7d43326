/* SPDX-License-Identifier: MIT */
/*
 * The journal is total: whatever the broker did, the next one is in the same state after a replay;
 * and whatever bytes are replayed, the state they give is a valid one.
 */
#include "tests/lib/testing.h"
