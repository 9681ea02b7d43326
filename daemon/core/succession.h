/* SPDX-License-Identifier: MIT */
/*
 * What the broker does for the next broker: each change goes to the journal, each descriptor to the
 * keeper.
 *
 * A descriptor is put before the change that adds it is committed. It is dropped after the change
 * that removes it is committed. So, at any instant, the keeper has every descriptor of which the
 * journal tells.
 */
#ifndef PRSHM_DAEMON_CORE_SUCCESSION_H
#define PRSHM_DAEMON_CORE_SUCCESSION_H

#include "daemon/core/broker.h"

/*
 * The ids under which the keeper has descriptors: segment n has the id 2n, and connection n has 2n
 * + 1. The ring of a connection has the connection's id with the highest bit set.
 */
#define KEEPER_ID_JOURNAL       UINT64_C(1)
#define KEEPER_ID_SOCKET        UINT64_C(3) /* listening */
#define KEEPER_ID_LOCK          UINT64_C(5)
#define KEEPER_ID_CONFIGURATION UINT64_C(7) /* the last good one */
#define KEEPER_ID_RING          (UINT64_C(1) << 63)
#define PEER_FIRST              8 /* the first number of a connection: 17 is above all of these */

/* Bytes one request may append: at most the holds of an OPEN_MANY. */
#define SUCCESSION_REQUEST_ROOM ((size_t)4096)

/*
 * Makes the journal, writes all of the state into it, and puts it. The descriptors of restored
 * segments and peers are not put: the keeper has them already. 0 or a negative errno.
 */
int succession_begin(struct broker *broker, const struct succession *succession);
/* Frees the journal here. The keeper still has all descriptors, for the next broker. */
void succession_end(struct broker *broker);
/* Puts all descriptors, for a keeper that has none. */
void succession_put_all(struct broker *broker);
/* Makes sure that the journal has room for one request. False: no memory. */
bool succession_make_room(struct broker *broker);
/* Ends a request: commits its records, then drops and frees the segments that were removed. */
void succession_commit(struct broker *broker);

/* Whether the journal has grown so much that a snapshot is to replace it, and may be tried. */
bool succession_is_due(const struct broker *broker);
int succession_compact(struct broker *broker); /* replaces it now. 0 or a negative errno */
/* Has another journal count, which stands for the same changes. *journal is the old one then. */
void succession_replace(struct broker *broker, struct journal *journal);
void succession_pause(struct broker *broker); /* there was no memory: not at once again */

void succession_put_segment(const struct broker *broker, const struct segment *segment);
void succession_put_peer(const struct broker *broker, const struct peer *peer);
void succession_drop_peer(const struct broker *broker, const struct peer *peer);
void succession_put_ring(const struct broker *broker, const struct peer *peer);
void succession_drop_ring(const struct broker *broker, const struct peer *peer);

/* The thing whose descriptor has that id; NULL: there is no such thing. */
struct segment *succession_find_segment(struct broker *broker, uint64_t id);
struct peer *succession_find_peer(struct broker *broker, uint64_t id);
struct peer *succession_find_ring(struct broker *broker, uint64_t id);

#endif
