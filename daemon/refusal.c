/* SPDX-License-Identifier: MIT */
/* Refuses clients, for a broker that cannot start. */
#include "daemon/refusal.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "daemon/notice.h"

#define REFUSAL_MS 1000

/* False: no connection can be accepted. */
static bool refuse(int socket)
{
	const int fd = accept4(socket, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return errno == EAGAIN || errno == EINTR || errno == ECONNABORTED;
	notice_send(fd, STATUS_INTERNAL); /* a new socket has room */
	close(fd);
	return true;
}

void refusal_serve(int socket)
{
	struct pollfd waiting = {.fd = socket, .events = POLLIN};
	const int64_t end = clock_milliseconds() + REFUSAL_MS;
	int64_t left = 0;

	while (poll(&waiting, 1, (int)left) > 0 && refuse(socket)) {
		left = end - clock_milliseconds();
		if (left <= 0)
			return;
	}
}
