/* SPDX-License-Identifier: MIT */
/*
 * The host's limits where the configuration sets none: shares of what the kernel allows the broker.
 */
#include "daemon/limits.h"

#include <unistd.h>

#include "base/log.h"
#include "daemon/in-flight.h"

/*
 * Descriptors for the broker itself: standard streams, epoll, signals, sockets, a few for replies.
 */
#define OWN_DESCRIPTORS 64

/* A handle costs some 60 bytes of memory, and a watch up to 1200. Neither needs a descriptor. */
#define HOST_HANDLES 262144
#define HOST_WATCHES 16384

/* Each connection may have a mapped page, its ring; vm.max_map_count is 65530 by default. */
#define HOST_CONNECTIONS 60000

rlim_t limits_raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 1024;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	getrlimit(RLIMIT_NOFILE, &limit);
	return limit.rlim_cur < 1 << 20 ? limit.rlim_cur : 1 << 20;
}

static uint64_t memory_bytes(void)
{
	return (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void set_unless_given(uint64_t *limit, uint64_t derived)
{
	if (*limit == LIMIT_UNSET)
		*limit = derived;
}

/*
 * Allows as many connections as a quarter of the descriptors. Each connection may need three
 * descriptors: its socket, its ring, and one in a reply that waits to be sent. And each may have
 * one in flight (in-flight.h); clients that read quickly need some more of these.
 */
static void bound_connections(struct policy *policy, uint64_t descriptors)
{
	const uint64_t safe = descriptors / 4;

	if (policy->host[RESOURCE_CONNECTIONS] <= safe)
		return;
	log_write(LOG_WARNING,
		"host-connections is %ju, and RLIMIT_NOFILE lets it be %ju: taken as that",
		(uintmax_t)policy->host[RESOURCE_CONNECTIONS], (uintmax_t)safe);
	policy->host[RESOURCE_CONNECTIONS] = safe;
}

static void tell_limit(const char *name, const struct rlimit *limit, const char *consequence)
{
	if (limit->rlim_max != RLIM_INFINITY)
		log_write(LOG_WARNING, "this broker has a limit, %s, of %ju: %s", name,
			(uintmax_t)limit->rlim_max, consequence);
}

void limits_derive(struct policy *policy)
{
	uint64_t descriptors = limits_raise_descriptors();
	uint64_t shared =
		descriptors > 2 * OWN_DESCRIPTORS ? descriptors - OWN_DESCRIPTORS : OWN_DESCRIPTORS;
	uint64_t connections = shared / 8; /* most of it is for segments */

	if (connections > HOST_CONNECTIONS)
		connections = HOST_CONNECTIONS;
	set_unless_given(&policy->host[RESOURCE_CONNECTIONS], connections);
	set_unless_given(&policy->host[RESOURCE_SEGMENTS],
		shared - 3 * connections - descriptors / IN_FLIGHT_SHARE);
	set_unless_given(&policy->host[RESOURCE_BYTES], memory_bytes());
	set_unless_given(&policy->host[RESOURCE_HANDLES], HOST_HANDLES);
	set_unless_given(&policy->host[RESOURCE_WATCHES], HOST_WATCHES);
	set_unless_given(&policy->segment_bytes, policy->host[RESOURCE_BYTES]);
	bound_connections(policy, descriptors);
}

/* Whoever started this broker may have limits that are meant for another program. */
void limits_tell_hard(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_AS, &limit) == 0)
		tell_limit("RLIMIT_AS", &limit, "requests fail when its memory has grown to that");
	if (getrlimit(RLIMIT_CPU, &limit) == 0)
		tell_limit(
			"RLIMIT_CPU", &limit, "the kernel kills it after so many seconds of work");
	if (getrlimit(RLIMIT_DATA, &limit) == 0)
		tell_limit(
			"RLIMIT_DATA", &limit, "requests fail when its memory has grown to that");
	if (getrlimit(RLIMIT_FSIZE, &limit) == 0)
		tell_limit("RLIMIT_FSIZE", &limit, "no segment can have more bytes");
}
