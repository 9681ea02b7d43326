/* SPDX-License-Identifier: MIT */
/*
 * This process's one connection to the broker. The connection is made at the first request, made
 * again after it broke, and never shared with a copy of the process. Safe to use from several
 * threads.
 */
#ifndef PRSHM_CLIENT_CONNECTION_H
#define PRSHM_CLIENT_CONNECTION_H

#include <sys/types.h>

#include "client-lib/channel.h"
#include "client-lib/locate.h"

/* The longest time to connect, to send, and to receive; longer than a restart of the broker. */
#define CONNECTION_SECONDS 10

/*
 * Sends the request (its serial is filled in) and waits for the reply. 0, an enum status, or a
 * negative errno: -ETIMEDOUT, -EMFILE (no room for the descriptor), -ENOMEM, -EPROTO, or why the
 * broker could not be reached. What the caller owns after 0: as after channel_call.
 */
int connection_call(struct wire_request *request, struct broker_answer *answer);

/*
 * The same, on the connection of that number alone: -ESTALE: there is another one by now, where its
 * handles mean nothing.
 */
int connection_call_on(uint64_t number, struct wire_request *request, struct broker_answer *answer);

/*
 * Whether this process's connection stands now: handles that are parked there may be taken back.
 * *number: of the connection.
 */
bool connection_stands(uint64_t *number);

/* Told of the page of each connection, before the first handle, and of the connection's end. */
struct connection_listener {
	void (*begin)(uint64_t connection, uid_t uid, struct ring_page *page);
	void (*end)(void);
};
/* There is one listener at most, from a constructor. Both calls must not ask the broker. */
void connection_listen(const struct connection_listener *listener);

/* Which broker this process talks to; LOCATE_NOWHERE: it has reached none yet. */
enum locate_choice connection_place(char path[LOCATE_PATH_MAX]);

/*
 * One more connection to the same broker: a blocking socket with a time-out of that many seconds,
 * which the caller owns. Or a negative errno.
 */
int connection_make_another(int seconds);

/*
 * Closes a handle of that connection. Nothing is to be done if this process has another connection
 * by now: the end of the old one closed the handle.
 */
void connection_close_handle(uint64_t connection, uint32_t handle);
/* The same, and deletes the name of the segment, which was created with that handle. */
void connection_take_back(uint64_t connection, uint32_t handle);

#endif
