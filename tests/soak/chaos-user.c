/* SPDX-License-Identifier: MIT */
/* A client of chaos as a user. */
#include "tests/soak/chaos-user.h"

#include <grp.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "include/prerror.h"

#define FIRST_UID 71000U
#define PAGE      4096U
#define READABLE  "/chaos/%u/readable"
#define PRIVATE   "/chaos/%u/private"

#define STAYING 2 /* of the two */
#define PASSING 1 /* handle, of another user's segment or of a race */

static bool are_users;

/* A user is charged for parked handles, too. */
static bool parks(unsigned int number)
{
	return number % 2 == 0;
}

bool chaos_user_become(unsigned int number)
{
	const uid_t uid = FIRST_UID + number;

	are_users = geteuid() == 0;
	if (!parks(number))
		setenv("PRSHM_PARK", "0", 1);
	return !are_users ||
	       (setgroups(0, NULL) == 0 && setresgid(CHAOS_GID, CHAOS_GID, CHAOS_GID) == 0 &&
		       setresuid(uid, uid, uid) == 0 &&
		       prctl(PR_SET_PDEATHSIG, SIGKILL) == 0); /* another uid has cleared it */
}

struct prshm_rights chaos_user_race_rights(void)
{
	return (struct prshm_rights){
		.mode = 0640,
		.entry_count = 1,
		.entries = {{PRSHM_GROUP, CHAOS_GID, PRSHM_DELETE}},
	};
}

static PRSharedMemory *make(const char *format, unsigned int number, mode_t mode)
{
	const struct prshm_options options = {
		.flags = PRSHM_CREATE | PRSHM_EXCL, .size = PAGE, .rights.mode = mode};
	PRSharedMemory *handle = NULL;
	char name[64];

	snprintf(name, sizeof(name), format, number);
	return prshm_open(name, &options, &handle) == PRSHM_OK ? handle : NULL;
}

bool chaos_user_make_open(unsigned int number)
{
	PRSharedMemory *readable = make(READABLE, number, 0644);
	uint32_t *memory = readable ? PR_AttachSharedMemory(readable, 0) : NULL;

	for (unsigned int i = 0; memory && i < PAGE / sizeof(*memory); i++)
		memory[i] = number;
	return memory && make(PRIVATE, number, 0600);
}

bool chaos_user_take_away(unsigned int number)
{
	char name[64];
	bool ok;

	snprintf(name, sizeof(name), READABLE, number);
	ok = prshm_delete(name) == PRSHM_OK;
	snprintf(name, sizeof(name), PRIVATE, number);
	return prshm_delete(name) == PRSHM_OK && ok;
}

static const char *read_through(PRSharedMemory *handle, unsigned int number)
{
	const uint32_t *memory = PR_AttachSharedMemory(handle, PR_SHM_READONLY);
	const char *wrong = NULL;

	if (!memory)
		return "another user's readable segment cannot be attached";
	for (unsigned int i = 0; i < PAGE / sizeof(*memory); i++) {
		if (memory[i] != number)
			wrong = "another user's readable segment has other contents";
	}
	PR_DetachSharedMemory(handle, (void *)memory);
	return wrong;
}

const char *chaos_user_look_at(unsigned int number, unsigned int self)
{
	const struct prshm_options options = {.flags = 0};
	PRSharedMemory *handle;
	const char *wrong;
	char name[64];

	if (!are_users || number == self)
		return NULL;
	snprintf(name, sizeof(name), READABLE, number);
	if (prshm_open(name, &options, &handle) != PRSHM_OK)
		return "another user's readable segment cannot be opened";
	wrong = read_through(handle, number);
	if (!wrong && PR_AttachSharedMemory(handle, 0))
		wrong = "another user's readable segment can be written";
	PR_CloseSharedMemory(handle);
	if (prshm_delete(name) == PRSHM_OK)
		wrong = "another user's readable segment can be deleted";
	snprintf(name, sizeof(name), PRIVATE, number);
	if (prshm_open(name, &options, &handle) != PRSHM_DENIED)
		wrong = "another user's private segment does not say DENIED";
	return wrong;
}

static bool take(void *context, const struct prshm_account *account)
{
	struct chaos_charges *charges = context;

	charges->segments = account->usage[PRSHM_SEGMENTS].used;
	charges->bytes = account->usage[PRSHM_BYTES].used;
	charges->handles = account->usage[PRSHM_HANDLES].used;
	return true;
}

enum prshm_result chaos_user_charges(struct chaos_charges *out)
{
	*out = (struct chaos_charges){0};
	return are_users ? prshm_accounts(geteuid(), take, out) : PRSHM_UNSUPPORTED;
}

static bool within(uint64_t value, uint64_t least, uint64_t most)
{
	return value >= least && value <= most;
}

const char *chaos_charges_compare(struct chaos_charges charges, struct chaos_charges made,
	struct chaos_charges least, struct chaos_charges most, unsigned int most_handles,
	unsigned int number)
{
	const uint64_t segments = made.segments + STAYING;
	const uint64_t bytes = made.bytes + STAYING * (uint64_t)PAGE;
	static char text[256];

	if (within(charges.segments, segments + least.segments, segments + most.segments) &&
		within(charges.bytes, bytes + least.bytes, bytes + most.bytes) &&
		within(charges.handles, made.handles + STAYING,
			parks(number) ? UINT64_MAX : most_handles + STAYING + PASSING))
		return NULL;
	snprintf(text, sizeof(text),
		"charged for %" PRIu64 " segments, %" PRIu64 " bytes, %" PRIu64
		" handles; it has %" PRIu64 ", %" PRIu64 " and %" PRIu64 ", and up to %" PRIu64
		" races",
		charges.segments, charges.bytes, charges.handles, segments, bytes,
		made.handles + STAYING, most.segments);
	return text;
}
