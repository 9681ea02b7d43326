/* SPDX-License-Identifier: MIT */
/* Each is looked up once: a list of 10,000 segments is of a few users, and a look-up may be remote.
 */
#include "ctl/identity.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/text.h"

struct known {
	uint32_t id;
	char *name;
};

static struct {
	struct known *known;
	size_t count;
} users, groups;

static char *look_up(enum prshm_kind kind, uint32_t id)
{
	const struct passwd *user = kind == PRSHM_USER ? getpwuid(id) : NULL;
	const struct group *group = kind == PRSHM_GROUP ? getgrgid(id) : NULL;
	char digits[16];

	if (user)
		return text_need(strdup(user->pw_name));
	if (group)
		return text_need(strdup(group->gr_name));
	snprintf(digits, sizeof(digits), "%u", (unsigned int)id);
	return text_need(strdup(digits));
}

const char *identity_name(enum prshm_kind kind, uint32_t id)
{
	struct known **known = kind == PRSHM_USER ? &users.known : &groups.known;
	size_t *count = kind == PRSHM_USER ? &users.count : &groups.count;

	for (size_t i = 0; i < *count; i++) {
		if ((*known)[i].id == id)
			return (*known)[i].name;
	}
	*known = text_need(reallocarray(*known, *count + 1, sizeof(**known)));
	(*known)[*count] = (struct known){.id = id, .name = look_up(kind, id)};
	return (*known)[(*count)++].name;
}

static bool parse_number(const char *text, uint32_t *out)
{
	uint64_t number;

	/* The last one means "as it is" to chown(2), and to the broker. */
	if (!text_parse_number(text, 0, UINT32_MAX - 1, &number))
		return false;
	*out = (uint32_t)number;
	return true;
}

bool identity_parse(enum prshm_kind kind, const char *text, size_t length, uint32_t *out)
{
	const struct passwd *user;
	const struct group *group;
	char name[256];

	if (length == 0 || length >= sizeof(name))
		return false;
	memcpy(name, text, length);
	name[length] = '\0';
	if (parse_number(name, out))
		return true;
	user = kind == PRSHM_USER ? getpwnam(name) : NULL;
	group = kind == PRSHM_GROUP ? getgrnam(name) : NULL;
	if (!user && !group)
		return false;
	*out = user ? user->pw_uid : group->gr_gid;
	return true;
}
