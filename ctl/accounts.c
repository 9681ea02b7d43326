/* SPDX-License-Identifier: MIT */
/* Gets the accounts of users from the broker. */
#include "ctl/accounts.h"

#include <stdlib.h>

#include "ctl/text.h"

static bool take(void *context, const struct prshm_account *account)
{
	struct accounts *accounts = context;

	if (accounts->count == accounts->room) {
		accounts->room = accounts->room > 0 ? 2 * accounts->room : 16;
		accounts->accounts = text_need(reallocarray(
			accounts->accounts, accounts->room, sizeof(*accounts->accounts)));
	}
	accounts->accounts[accounts->count++] = *account;
	return true;
}

enum prshm_result accounts_get(struct accounts *accounts, uid_t uid)
{
	return prshm_accounts(uid, take, accounts);
}

void accounts_deinit(struct accounts *accounts)
{
	free(accounts->accounts);
	*accounts = (struct accounts){0};
}

const char *accounts_resource(size_t resource)
{
	static const char *const names[] = {
		[PRSHM_SEGMENTS] = "segments",
		[PRSHM_BYTES] = "bytes",
		[PRSHM_CONNECTIONS] = "connections",
		[PRSHM_HANDLES] = "handles",
		[PRSHM_WATCHES] = "watches",
	};

	return resource < sizeof(names) / sizeof(*names) ? names[resource] : NULL;
}
