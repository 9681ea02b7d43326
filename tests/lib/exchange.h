/* SPDX-License-Identifier: MIT */
/*
 * Requests and replies over a bare connection, without the client library: what a test says is what
 * the broker gets. Whatever cannot be sent or received fails the test.
 */
#ifndef PRSHM_TESTS_LIB_EXCHANGE_H
#define PRSHM_TESTS_LIB_EXCHANGE_H

#include <stdbool.h>
#include <sys/types.h>

#include "wire/ring.h"
#include "wire/wire.h"

/* A reply and the message it lies in; its descriptor is the message's until it is taken. */
struct answer {
	struct wire_message message;
	struct wire_reply reply;
};

/* One more than on this descriptor before, so that they increase on each connection. */
uint32_t exchange_next_serial(int connection);

/* Bytes of an OPEN of a name of so many bytes; the serial is of the caller's choice. */
void exchange_make_open(struct wire_message *message, const char *name, size_t length,
	uint32_t flags, uint64_t size, uint32_t mode, uint32_t serial);

void exchange_send(int connection, const struct wire_message *message);
void exchange_receive(int connection, struct answer *answer);
/*
 * Both; the request gets the next serial, and the reply's serial and op must be the request's. Its
 * status; the descriptor is closed.
 */
enum status exchange(int connection, const struct wire_request *request, struct answer *answer);

/* *fd, where the broker sent one, is the caller's, else -1; fd and opened may be NULL. */
enum status exchange_open(int connection, const char *name, uint32_t flags, uint64_t size,
	uint32_t mode, struct wire_opened *opened, int *fd);
enum status exchange_reopen(int connection, uint64_t segment, int *fd);
enum status exchange_delete(int connection, const char *name);
enum status exchange_stat(int connection, const char *name, struct wire_stated *stated);
void exchange_close(int connection, uint32_t handle);
/* The page that the connection's handles may be closed in, mapped; the caller's. */
struct ring_page *exchange_ring(int connection);
/* How many segments LIST shows, over all its pages. */
size_t exchange_list(int connection, const char *prefix);

/* Creates it, mode 0600, and keeps no descriptor; fails the test unless it is new. */
void exchange_create(int connection, const char *name);
/* STAT's count, which must be obtainable. */
uint32_t exchange_holders(int connection, const char *name);
/* Whether the broker has ended the connection; waits for that or a message (false). */
bool exchange_is_ended(int connection);

#endif
