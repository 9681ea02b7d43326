/* SPDX-License-Identifier: MIT */
/* What service-manager.h has of sd-daemon(3) where there is no libsystemd. */
#include "base/service-manager.h"

#ifndef HAVE_SYSTEMD

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/units.h"

/* A number of the environment; 0: there is none, or it is no number. */
static int number_of(const char *variable)
{
	const char *text = getenv(variable);
	uint64_t number;

	return !text || units_parse_number(text, INT_MAX, &number) ? 0 : (int)number;
}

static void unset_listen_variables(void)
{
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
}

int sd_listen_fds(int unset_environment)
{
	int count = number_of("LISTEN_PID") == (int)getpid() ? number_of("LISTEN_FDS") : 0;

	for (int fd = SD_LISTEN_FDS_START; fd < SD_LISTEN_FDS_START + count; fd++) {
		if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
			count = -errno;
	}
	if (unset_environment)
		unset_listen_variables();
	return count;
}

/* The next name of a list with colons, or "unknown"; NULL: no memory. */
static char *take_name(const char **list)
{
	const char *start = *list;
	size_t length;

	if (!start)
		return strdup("unknown");
	length = strcspn(start, ":");
	*list = start[length] == ':' ? start + length + 1 : NULL;
	return strndup(start, length);
}

int sd_listen_fds_with_names(int unset_environment, char ***names)
{
	const char *list = getenv("LISTEN_FDNAMES");
	int count = sd_listen_fds(0);
	char **out = count > 0 ? calloc((size_t)count + 1, sizeof(*out)) : NULL;

	if (count > 0 && !out)
		count = -ENOMEM;
	for (int i = 0; i < count; i++) {
		out[i] = take_name(&list);
		if (!out[i])
			count = -ENOMEM;
	}
	if (unset_environment)
		unset_listen_variables();
	if (count < 0) {
		for (char **name = out; name && *name; name++)
			free(*name);
		free(out);
		return count;
	}
	*names = out;
	return count;
}

static int option_of(int fd, int option)
{
	int value = -1;
	socklen_t size = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &size) < 0 ? -1 : value;
}

/* length is 0 here: path ends with a NUL. */
int sd_is_socket_unix(int fd, int type, int listening, const char *path, size_t length)
{
	struct sockaddr_un address = {.sun_family = AF_UNSPEC};
	socklen_t size = sizeof(address);

	(void)length;
	if (option_of(fd, SO_DOMAIN) != AF_UNIX || option_of(fd, SO_TYPE) != type ||
		option_of(fd, SO_ACCEPTCONN) != listening)
		return 0;
	if (!path)
		return 1;
	return getsockname(fd, (struct sockaddr *)&address, &size) == 0 &&
	       strncmp(address.sun_path, path, sizeof(address.sun_path)) == 0;
}

#endif
