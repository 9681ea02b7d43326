/* SPDX-License-Identifier: MIT */
/*
 * Segments that are made with size 0, as shm_open(3) makes them, and get their size later. Until
 * such a segment is shared, one process has it, whose descriptor may change the size in any way:
 * its creator; or a later process of the user that pays, which opened the segment with POSIX when
 * no other process had it (check_alone in op-open.c). The broker fixes the size, by seals, once and
 * for all, at the first of:
 * (a) an open by name after the size is above 0: without POSIX, also by the only process that has
 *     the segment; with POSIX, unless check_alone finds that the process is alone,
 * (b) the first size above 0, if a process that was not alone has opened the segment before.
 * A client that opens a segment while the size is 0 gets a descriptor that can only read, and may
 * ask for one that can write once the size is fixed (SIZE). Two opens are different:
 * (1) An open by a process that is alone, or has a handle with FILL. It is not an early open.
 * (2) An open for writing, if no client holds the segment, and (1) does not fit. The client becomes
 *     the creator of new memory.
 *
 * The size is charged when a client asks for it, before it happens. A process whose descriptor can
 * write may also change the size without a request. So the broker looks: at each open, STAT, LIST
 * and ACCOUNTS, at the end of a connection that holds the segment, and now and then (broker_sweep).
 * What it finds is charged, also memory behind the size. What is over a limit costs the segment its
 * name, and nobody else gets the memory. When the size is fixed, memory behind it is freed.
 */
#ifndef PRSHM_DAEMON_CORE_UNSEALED_H
#define PRSHM_DAEMON_CORE_UNSEALED_H

#include "daemon/core/broker.h"

/* Made without a size, and nobody has given it one. */
static inline bool unsealed_is_empty(const struct segment *segment)
{
	return segment->sealing == UNSEALED && segment->size == 0;
}

/*
 * Whether there are no seals, and no process but the broker has a descriptor of the memory, to read
 * or to write, or a mapping. The handles do not tell: a client may pass a descriptor on, and close
 * its handle. 0 or a negative errno.
 */
int unsealed_check_unshared(const struct segment *segment, bool *out);

/*
 * Takes note of the size that the memory has now. May remove the name, but frees nothing. 0 or a
 * negative errno of the seal, which the next look tries again.
 */
int unsealed_look(struct broker *broker, struct segment *segment);
/* Looks at some segments, the next ones in turn; of a peer: at all that it holds. */
void unsealed_look_around(struct broker *broker);
void unsealed_look_held(struct broker *broker, struct peer *peer);
/* Looks at some segments, between requests. */
void broker_sweep(struct broker *broker);

/*
 * Whether the segment may be opened by name now, by POSIX's rules or by others. OK, REFUSED
 * (spoiled), BAD_SIZE (no size yet, and others' rules), NOT_FOUND (it has lost its name).
 */
enum status unsealed_check(struct broker *broker, struct segment *segment, bool posix);
/*
 * The segment is opened by name: fixes the size, or notes an early opener. 0, or a negative errno.
 */
int unsealed_share(struct broker *broker, struct segment *segment);

/*
 * Makes an unsealed segment larger. A negative errno, or a status: OK, BAD_SIZE (it would become
 * smaller), TOO_BIG, NO_RESOURCES, REFUSED (spoiled), SEALED.
 */
int unsealed_grow(
	struct broker *broker, struct segment *segment, uint64_t size, struct refusal *why);

#endif
