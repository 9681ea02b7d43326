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

/* Besides a connection's own id: under which its ring is kept. */
#define KEPT_RING (UINT64_C(1) << 63)

/* Bytes one request may append: at most the holds of an OPEN_MANY. */
#define KEEPING_REQUEST_ROOM ((size_t)4096)

/*
 * Begins: makes the journal, writes all there is into it, and puts it. What was restored is with the
 * keeper already. 0 or a negative errno.
 */
int keeping_begin(struct broker *broker, const struct keeping *keeping);
/* What is kept stays as it is, for the next broker; this one only tidies up. */
void keeping_end(struct broker *broker);
/* Hands everything over, to a keeper that has nothing. */
void keeping_hand_over(struct broker *broker);
/* Sees to it that one request finds room in the journal. False: no memory. */
bool keeping_make_room(struct broker *broker);
/* Ends a request: what it appended counts; then what has gone is dropped and freed. */
void keeping_commit(struct broker *broker);

void keeping_put_segment(const struct broker *broker, const struct segment *segment);
void keeping_put_peer(const struct broker *broker, const struct peer *peer);
void keeping_drop_peer(const struct broker *broker, const struct peer *peer);
void keeping_put_ring(const struct broker *broker, const struct peer *peer);
void keeping_drop_ring(const struct broker *broker, const struct peer *peer);

/* The records of one thing as it is now. */
void keeping_write_segment(struct journal *journal, const struct segment *segment);
void keeping_write_peer(struct journal *journal, const struct peer *peer);
void keeping_write_ring(struct journal *journal, const struct peer *peer);
/* What is kept under that id, or NULL: none of ours. */
struct segment *keeping_find_segment(struct broker *broker, uint64_t id);
struct peer *keeping_find_peer(struct broker *broker, uint64_t id);
struct peer *keeping_find_ring(struct broker *broker, uint64_t id);

#endif
