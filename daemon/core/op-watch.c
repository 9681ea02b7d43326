/* SPDX-License-Identifier: MIT */
/* WATCH: the connection becomes a watcher. */
#include "daemon/core/drain.h"
#include "daemon/core/ops.h"
#include "daemon/core/park.h"
#include "daemon/core/watched.h"

enum status op_watch(const struct context *c)
{
	const struct wire_request *request = c->request;
	const bool wants_closes = request->watch.events & WATCH_CLOSES;
	struct peer *peer = c->peer;
	enum status status = STATUS_OK;

	if (peer->watcher) /* a copy of the request: the watcher misses nothing since the first */
		return STATUS_OK;
	if (request->watch.flags & WIRE_WATCH_EXACT)
		status = wire_check_name(request->name, request->name_length);
	else if (request->name_length > WIRE_NAME_MAX)
		status = STATUS_BAD_NAME;
	if (status != STATUS_OK)
		return status;
	/*
	 * Why this does not use the table in ops.h: all rings are drained twice.
	 * (1) Before there is a watcher: closes from before the request are no events.
	 * (2) When there is a watcher: this tells all peers that have a handle of what is watched
	 *     to close by message from now on. Closes that came in between are events.
	 */
	if (wants_closes)
		broker_drain_all(c->broker);
	status = watcher_new(&c->broker->registry.watches, request, &peer->credentials,
		peer->account, &peer->watcher, &c->reply->refusal);
	if (status == STATUS_OK)
		park_sweep_watched(c->broker, peer->watcher);
	if (wants_closes) {
		if (status == STATUS_OK)
			watched_begin(c->broker, peer->watcher);
		broker_drain_all(c->broker);
	}
	return status;
}
