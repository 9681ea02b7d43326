/* SPDX-License-Identifier: MIT */
/*
 * What the broker does for the broker that comes after it: each change goes to the journal, each
 * descriptor to the keeper.
 *
 * A descriptor is put before the change that brings it is committed, and dropped after the change
 * that ends it is: so the keeper has all that the journal knows, at any instant.
 */
#ifndef PRSHM_DAEMON_CORE_SUCCESSION_H
#define PRSHM_DAEMON_CORE_SUCCESSION_H

#include "daemon/core/broker.h"

/*
 * Under which number the keeper has what the broker depends on: segment n under 2n, connection n under
 * 2n + 1, and the connection's ring under the same with the highest bit set.
 */
#define KEEPER_ID_JOURNAL UINT64_C(1)
#define KEEPER_ID_SOCKET  UINT64_C(3) /* listening */
#define KEEPER_ID_LOCK    UINT64_C(5)
#define KEEPER_ID_RING    (UINT64_C(1) << 63)
#define PEER_FIRST        8 /* the first number of a connection: 17 is above all of these */

/* Bytes one request may append: at most the holds of an OPEN_MANY. */
#define SUCCESSION_REQUEST_ROOM ((size_t)4096)

/*
 * Begins: makes the journal, writes all there is into it, and puts it. What was restored is with the
 * keeper already. 0 or a negative errno.
 */
int succession_begin(struct broker *broker, const struct succession *succession);
/* What is kept stays as it is, for the next broker; this one only tidies up. */
void succession_end(struct broker *broker);
/* Hands everything over, to a keeper that has nothing. */
void succession_put_all(struct broker *broker);
/* Sees to it that one request finds room in the journal. False: no memory. */
bool succession_make_room(struct broker *broker);
/* Ends a request: what it appended counts; then what has gone is dropped and freed. */
void succession_commit(struct broker *broker);

void succession_put_segment(const struct broker *broker, const struct segment *segment);
void succession_put_peer(const struct broker *broker, const struct peer *peer);
void succession_drop_peer(const struct broker *broker, const struct peer *peer);
void succession_put_ring(const struct broker *broker, const struct peer *peer);
void succession_drop_ring(const struct broker *broker, const struct peer *peer);

/* What is kept under that id, or NULL: none of ours. */
struct segment *succession_find_segment(struct broker *broker, uint64_t id);
struct peer *succession_find_peer(struct broker *broker, uint64_t id);
struct peer *succession_find_ring(struct broker *broker, uint64_t id);

#endif
