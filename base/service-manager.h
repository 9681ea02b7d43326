/* SPDX-License-Identifier: MIT */
/*
 * How a service manager passes sockets, and is told of the state: sd-daemon(3). Without libsystemd
 * the calls have the same names. What is passed is then still taken, for the client library and the
 * broker pass descriptors in that way, too; and nobody is told anything.
 */
#ifndef PRSHM_BASE_SERVICE_MANAGER_H
#define PRSHM_BASE_SERVICE_MANAGER_H

#ifdef HAVE_SYSTEMD

#include <systemd/sd-daemon.h>

#else

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SD_LISTEN_FDS_START 3

int sd_listen_fds(int unset_environment);
int sd_listen_fds_with_names(int unset_environment, char ***names);
int sd_is_socket_unix(int fd, int type, int listening, const char *path, size_t length);

static inline int sd_notify(int unset_environment, const char *state)
{
	(void)unset_environment;
	(void)state;
	return 0;
}

__attribute__((format(printf, 2, 3))) static inline int sd_notifyf(
	int unset_environment, const char *format, ...)
{
	(void)unset_environment;
	(void)format;
	return 0;
}

static inline int sd_pid_notify_with_fds(
	pid_t pid, int unset_environment, const char *state, const int *fds, unsigned int fd_count)
{
	(void)pid;
	(void)unset_environment;
	(void)state;
	(void)fds;
	(void)fd_count;
	return 0;
}

static inline int sd_notify_barrier(int unset_environment, uint64_t microseconds)
{
	(void)unset_environment;
	(void)microseconds;
	return 0;
}

static inline int sd_watchdog_enabled(int unset_environment, uint64_t *microseconds)
{
	(void)unset_environment;
	(void)microseconds;
	return 0;
}

#endif

#endif
