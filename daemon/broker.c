/* SPDX-License-Identifier: MIT */
/* The broker: its state, and the one way through it. */
#include "daemon/broker.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "daemon/request.h"

void broker_init(struct broker *broker, struct policy *policy)
{
	*broker = (struct broker){.policy = *policy};
	registry_init(&broker->registry);
	accounts_init(&broker->accounts, policy->host);
	policy_init(policy);
}

void broker_deinit(struct broker *broker)
{
	registry_deinit(&broker->registry);
	accounts_deinit(&broker->accounts);
	policy_deinit(&broker->policy);
}

void broker_set_policy(struct broker *broker, struct policy *policy)
{
	policy_deinit(&broker->policy);
	broker->policy = *policy;
	memcpy(broker->accounts.host, policy->host, sizeof(broker->accounts.host));
	policy_init(policy);
}

enum status broker_add_peer(struct broker *broker, const struct credentials *credentials,
	struct peer *peer, struct refusal *why)
{
	struct credentials taken = *credentials;
	struct account *account = account_get(&broker->accounts, credentials->uid);
	enum status status;

	if (!account) {
		credentials_deinit(&taken);
		return STATUS_NO_MEMORY;
	}
	credentials_sort_groups(&taken);
	if (account->used[RESOURCE_CONNECTIONS] > 0)
		policy_raise_limits(&broker->policy, credentials, account);
	else
		policy_apply_limits(&broker->policy, credentials, account);
	status = peer_init(peer, &broker->registry, credentials, account, why);
	if (status != STATUS_OK)
		peer_deinit(peer);
	return status;
}

void reply_init(struct reply *reply)
{
	memset(reply, 0, offsetof(struct reply, tail));
	reply->expected = true;
	reply->fd = -1;
}

void reply_deinit(struct reply *reply)
{
	if (reply->fd_owned)
		close(reply->fd);
	reply->fd = -1;
	reply->fd_owned = false;
}

enum status find_named(const struct context *c, struct segment **out)
{
	enum status status = wire_check_name(c->request->name, c->request->name_length);
	struct segment *segment;

	if (status != STATUS_OK)
		return status;
	segment = registry_find(
		&c->broker->registry, c->request->name, c->request->name_length);
	if (!segment)
		return STATUS_NOT_FOUND;
	*out = segment;
	return STATUS_OK;
}

unsigned int rights_on(const struct context *c, const struct segment *segment)
{
	return rights_of(&c->peer->credentials, &segment->rights, NULL);
}

const struct name_rule *rule_of_name(const struct context *c)
{
	return policy_find(&c->broker->policy, c->request->name, c->request->name_length);
}

static enum status dispatch(const struct context *c)
{
	switch (c->request->header.op) {
#define X(name, value, request, reply, tail)                                                       \
	case value:                                                                                \
		return handle_##name(c);
		WIRE_OPS(X)
#undef X
	default:
		return STATUS_UNSUPPORTED;
	}
}

void reply_finish(struct reply *reply, const struct wire_header *request, enum status status)
{
	reply->wire.header = (struct wire_header){
		.op = request->op,
		.serial = request->serial,
		.status = (uint16_t)status,
		.fds = status == STATUS_OK && reply->fd >= 0,
	};
}

void broker_handle(struct broker *broker, struct peer *peer, const struct wire_request *request,
	struct reply *reply)
{
	const struct context context = {broker, peer, request, reply};
	enum status status;

	errno = 0;
	status = dispatch(&context);
	reply->error = status == STATUS_INTERNAL ? errno : 0;
	reply_finish(reply, &request->header, status);
}
