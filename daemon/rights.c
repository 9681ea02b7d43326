/* SPDX-License-Identifier: MIT */
/* Who may do what with a segment; see prshm(7), "Rights", for the rules in words. */
#include "daemon/rights.h"

#include <stdlib.h>

void credentials_deinit(struct credentials *credentials)
{
	free(credentials->groups);
	*credentials = (struct credentials){0};
}

static bool is_in_group(const struct credentials *who, gid_t gid)
{
	if (who->gid == gid)
		return true;
	for (size_t i = 0; i < who->group_count; i++) {
		if (who->groups[i] == gid)
			return true;
	}
	return false;
}

/* The three bits of the first class that fits: an owner whom the mode denies is not "other" too. */
static unsigned int mode_class(const struct credentials *who, const struct rights *rights)
{
	if (who->uid == rights->uid)
		return (rights->mode >> 6) & 07;
	if (is_in_group(who, rights->gid))
		return (rights->mode >> 3) & 07;
	return rights->mode & 07;
}

unsigned int rights_of(const struct credentials *who, const struct rights *rights)
{
	unsigned int bits = mode_class(who, rights);
	unsigned int may = 0;

	if (who->uid == 0)
		return RIGHT_READ | RIGHT_WRITE | RIGHT_DELETE;
	if (bits & 04)
		may |= RIGHT_READ;
	if ((bits & 06) == 06)
		may |= RIGHT_WRITE;
	if (who->uid == rights->uid)
		may |= RIGHT_DELETE;
	return may;
}
