/* SPDX-License-Identifier: MIT */
/* Who is at the other end of a connection: uid and groups as they were when it connected. */
#include "daemon/socket-credentials.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

/* socket(7): ERANGE tells how many bytes it needs; a peer has no groups at all quite often. */
static int get_groups(int fd, gid_t **out, size_t *count)
{
	socklen_t size = 0;
	gid_t *groups;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &size) < 0 && errno != ERANGE)
		return -errno;
	if (size == 0)
		return 0;
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
	*out = found;
	return 0;
}
