/* SPDX-License-Identifier: MIT */
/* WATCH: the connection becomes a watcher's, and what it may see is put into messages for it. */
#include "daemon/core/drain.h"
#include "daemon/core/ops.h"

enum status op_watch(const struct context *c)
{
	const struct wire_request *request = c->request;
	const bool wants_closes = request->watch.events & WATCH_CLOSES;
	struct peer *peer = c->peer;
	enum status status = STATUS_OK;

	if (peer->watcher) /* the same request once more: all since the first is still to come */
		return STATUS_OK;
	if (request->watch.flags & WIRE_WATCH_EXACT)
		status = wire_check_name(request->name, request->name_length);
	else if (request->name_length > WIRE_NAME_MAX)
		status = STATUS_BAD_NAME;
	if (status != STATUS_OK)
		return status;
	/*
	 * Not by the table in ops.h: all rings are read twice. What was closed before is not told, so it is
	 * taken before the watcher is there. Once it is there nobody may close without a message, and the
	 * second time tells all peers; what comes in between is told.
	 */
	if (wants_closes)
		broker_drain_all(c->broker);
	status = watcher_new(&c->broker->registry.watches, request, &peer->credentials, peer->account,
		&peer->watcher, &c->reply->refusal);
	if (wants_closes)
		broker_drain_all(c->broker);
	return status;
}
