/* SPDX-License-Identifier: MIT */
/* Who is at the other end of a connection: uid and groups as they were when it connected. */
#include "daemon/socket-credentials.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

/*
 * The most groups that a client may have. The kernel allows 65536, and each connection has its own
 * list: that would be 256 KiB for which no user is charged. A client with more is refused: to leave
 * groups out would be wrong, since an entry for a group can also take rights away.
 */
#define GROUPS_MAX 2048

/* With ERANGE the kernel says how many bytes are needed: socket(7). Many clients have no groups. */
static int get_groups(int fd, gid_t **out, size_t *count)
{
	socklen_t size = 0;
	gid_t *groups;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &size) < 0 && errno != ERANGE)
		return -errno;
	if (size == 0)
		return 0;
	if (size > GROUPS_MAX * sizeof(*groups))
		return -E2BIG;
	groups = malloc(size);
	if (!groups)
		return -ENOMEM;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0) {
		int error = errno;

		free(groups);
		return -error;
	}
	*out = groups;
	*count = size / sizeof(*groups);
	return 0;
}

/*
 * Whether every id has a number in this process's user namespace. For an id without a number the
 * kernel reports the overflow id (user_namespaces(7)). If all have one, 65534 is just the user
 * nobody.
 */
static bool maps_all(const char *map)
{
	FILE *file = fopen(map, "re");
	unsigned int inside = 1;
	unsigned int outside = 1;
	unsigned int count = 0;
	int fields = file ? fscanf(file, "%u %u %u", &inside, &outside, &count) : 0;

	if (file)
		fclose(file);
	return fields == 3 && inside == 0 && outside == 0 && count == UINT32_MAX;
}

static unsigned int overflow_id(const char *path)
{
	FILE *file = fopen(path, "re");
	unsigned int id = 65534;

	if (file && fscanf(file, "%u", &id) != 1)
		id = 65534;
	if (file)
		fclose(file);
	return id;
}

static struct {
	bool all_uids;
	bool all_gids;
	uid_t overflow_uid;
	gid_t overflow_gid;
} ids;

void socket_credentials_init(void)
{
	ids.all_uids = maps_all("/proc/self/uid_map");
	ids.all_gids = maps_all("/proc/self/gid_map");
	ids.overflow_uid = overflow_id("/proc/sys/kernel/overflowuid");
	ids.overflow_gid = overflow_id("/proc/sys/kernel/overflowgid");
}

/* Drops groups that have no number here: the overflow id would match an entry for another group. */
static void drop_unmapped(struct credentials *credentials)
{
	size_t kept = 0;

	credentials->unmapped = !ids.all_uids && credentials->uid == ids.overflow_uid;
	if (ids.all_gids)
		return;
	if (credentials->gid == ids.overflow_gid)
		credentials->gid = (gid_t)-1;
	for (size_t i = 0; i < credentials->group_count; i++) {
		if (credentials->groups[i] != ids.overflow_gid)
			credentials->groups[kept++] = credentials->groups[i];
	}
	credentials->group_count = kept;
}

int socket_credentials(int fd, struct credentials *out)
{
	struct credentials found = {0};
	struct ucred peer;
	socklen_t size = sizeof(peer);
	int error;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return -errno;
	error = get_groups(fd, &found.groups, &found.group_count);
	if (error < 0)
		return error;
	found.uid = peer.uid;
	found.gid = peer.gid;
	found.pid = peer.pid;
	drop_unmapped(&found);
	*out = found;
	return 0;
}
