/* SPDX-License-Identifier: MIT */
/* Parked handles, by name, by number, and by age. */
#include "client-lib/park.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "client-lib/connection.h"
#include "client-lib/guard.h"

#define BUCKETS 64U

TAILQ_HEAD(by_age, PRSharedMemory);
LIST_HEAD(bucket, PRSharedMemory);

static struct {
	uint64_t connection;            /* whose handles are parked; 0: none */
	uid_t uid;                      /* what the broker takes this process for */
	struct ring_page *page;         /* borrowed from the channel; NULL: none */
	struct timespec seen;           /* the connection stood at that time */
	struct by_age by_age;           /* owned; the oldest first */
	struct bucket buckets[BUCKETS]; /* by the hash of the name */
	PRSharedMemory *by_number[RING_PARKABLE];
	PRSharedMemory *waste; /* owned: of a connection that has ended */
	uint32_t count;
	uint64_t bytes;
} park = {.by_age = TAILQ_HEAD_INITIALIZER(park.by_age)};

static atomic_uint parked; /* park.count, for a look without the lock */

static void forget(void)
{
	TAILQ_INIT(&park.by_age);
	memset(park.buckets, 0, sizeof(park.buckets));
	memset(park.by_number, 0, sizeof(park.by_number));
	park.count = 0;
	park.bytes = 0;
	park.connection = 0;
	park.page = NULL;
}

/* The mappings are for the next call to unmap: there may be no time for that now. */
static void discard(void)
{
	PRSharedMemory *handle;

	TAILQ_FOREACH(handle, &park.by_age, by_age) {
		handle->taken = false;
		handle->next = park.waste;
		park.waste = handle;
	}
	forget();
}

/* A copy of the process must not write to the page. Of a broken table it follows no pointer. */
static void renew(bool broken)
{
	if (broken) {
		park.waste = NULL;
		forget();
		atomic_store(&parked, 0);
	} else {
		discard();
	}
}

GUARD_INNER(guard, renew);

#if defined(__SANITIZE_ADDRESS__)
#define IS_SANITIZED true
#else
/* Of a program that was built with AddressSanitizer. */
extern void __asan_init(void) __attribute__((weak));
#define IS_SANITIZED (__asan_init != NULL)
#endif

static bool is_wanted(void)
{
	const char *wish = secure_getenv("PRSHM_PARK");
	const char *preloaded = getenv("LD_PRELOAD");

	return !(wish && strcmp(wish, "0") == 0) && !IS_SANITIZED &&
	       !(preloaded && strstr(preloaded, "vgpreload"));
}

/* The environment is read once. */
bool park_is_on(void)
{
	static atomic_int known; /* 0: not yet; 1: off; 2: on */
	int is = atomic_load_explicit(&known, memory_order_relaxed);

	if (is == 0) {
		is = is_wanted() ? 2 : 1;
		atomic_store_explicit(&known, is, memory_order_relaxed);
	}
	return is == 2;
}

static void begin(uint64_t connection, uid_t uid, struct ring_page *page)
{
	if (!park_is_on() || atomic_load(&page->parking) == 0)
		return;
	guard_lock(&guard);
	park.connection = connection;
	park.uid = uid;
	park.page = page;
	park.seen = (struct timespec){0};
	guard_unlock(&guard);
}

static void end(void)
{
	guard_lock(&guard);
	discard();
	guard_unlock(&guard);
}

__attribute__((constructor)) static void register_guard(void)
{
	static const struct connection_listener listener = {begin, end};

	connection_listen(&listener);
}

void park_saw(uint64_t connection, const struct timespec *time)
{
	guard_lock(&guard);
	if (park.connection == connection)
		park.seen = *time;
	guard_unlock(&guard);
}

/* FNV-1a */
static uint32_t hash_of(const char *name, size_t length)
{
	uint32_t hash = 0x811c9dc5;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (uint8_t)name[i]) * 0x01000193;
	return hash;
}

/* Sets or clears PARKED, if the bit is the other way and FROZEN is clear. */
static bool swap(uint32_t handle, bool want_parked)
{
	_Atomic uint64_t *word = &park.page->parks[handle / 32U];
	const uint64_t wanted = want_parked ? 0 : RING_PARKED(handle);
	uint64_t bits = atomic_load(word);

	while ((bits & (RING_PARKED(handle) | RING_FROZEN(handle))) == wanted) {
		if (atomic_compare_exchange_weak(word, &bits, bits ^ RING_PARKED(handle)))
			return true;
	}
	return false;
}

static void add(PRSharedMemory *handle)
{
	TAILQ_INSERT_TAIL(&park.by_age, handle, by_age);
	LIST_INSERT_HEAD(&park.buckets[handle->hash % BUCKETS], handle, in_bucket);
	park.by_number[handle->handle] = handle;
	park.count++;
	park.bytes += handle->size;
}

static void drop(PRSharedMemory *handle)
{
	TAILQ_REMOVE(&park.by_age, handle, by_age);
	LIST_REMOVE(handle, in_bucket);
	park.by_number[handle->handle] = NULL;
	park.count--;
	park.bytes -= handle->size;
}

/* taken: the handle is open to the broker again. */
static void throw_away(PRSharedMemory *handle, bool taken, struct park_waste *waste)
{
	drop(handle);
	handle->taken = taken;
	handle->next = waste->first;
	waste->first = handle;
}

static void collect(struct park_waste *waste)
{
	waste->first = park.waste;
	park.waste = NULL;
	atomic_store_explicit(&parked, park.count, memory_order_relaxed);
}

/*
 * A number that is put again was given out again: what the table has under it is of an older hold,
 * which the broker has closed.
 */
bool park_put(PRSharedMemory *handle, struct park_waste *waste)
{
	PRSharedMemory *oldest;
	bool done;

	handle->hash = hash_of(handle->name, handle->name_length);
	guard_lock(&guard);
	collect(waste);
	done = park.page && park.connection == handle->connection && swap(handle->handle, true);
	if (done && park.by_number[handle->handle])
		throw_away(park.by_number[handle->handle], false, waste);
	if (done)
		add(handle);
	while (park.count > PARK_HANDLES || park.bytes > PARK_BYTES) {
		oldest = TAILQ_FIRST(&park.by_age);
		throw_away(oldest, swap(oldest->handle, false), waste);
	}
	atomic_store_explicit(&parked, park.count, memory_order_relaxed);
	guard_unlock(&guard);
	return done;
}

static bool fits(const PRSharedMemory *handle, uint32_t hash, const struct park_key *key)
{
	return handle->hash == hash && handle->name_length == key->name->length &&
	       handle->readonly == key->readonly && handle->size >= key->size &&
	       memcmp(handle->name, key->name->text, key->name->length) == 0;
}

/* What is frozen is of no use any more, and the broker closes it. */
static PRSharedMemory *take(uint32_t hash, const struct park_key *key, struct park_waste *waste)
{
	PRSharedMemory *handle = LIST_FIRST(&park.buckets[hash % BUCKETS]);
	PRSharedMemory *next;

	for (; handle; handle = next) {
		next = LIST_NEXT(handle, in_bucket);
		if (!fits(handle, hash, key))
			continue;
		if (swap(handle->handle, false)) {
			drop(handle);
			return handle;
		}
		throw_away(handle, false, waste);
	}
	return NULL;
}

static bool is_now(const struct timespec *seen, const struct timespec *now)
{
	return seen->tv_nsec == now->tv_nsec && seen->tv_sec == now->tv_sec;
}

enum park_outcome park_take(
	const struct park_key *key, PRSharedMemory **out, struct park_waste *waste)
{
	enum park_outcome outcome = PARK_NONE;
	PRSharedMemory *taken = NULL;
	struct timespec now;
	uint32_t hash;
	uid_t uid;

	waste->first = NULL;
	guard_notice_copy();
	if (atomic_load_explicit(&parked, memory_order_relaxed) == 0)
		return PARK_NONE;
	uid = geteuid();
	hash = hash_of(key->name->text, key->name->length);
	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	guard_lock(&guard);
	collect(waste);
	if (park.page && park.uid == uid && !LIST_EMPTY(&park.buckets[hash % BUCKETS])) {
		if (!is_now(&park.seen, &now))
			outcome = PARK_UNSURE;
		else if ((taken = take(hash, key, waste)))
			outcome = PARK_TAKEN;
	}
	atomic_store_explicit(&parked, park.count, memory_order_relaxed);
	guard_unlock(&guard);
	if (taken)
		*out = taken;
	return outcome;
}

void park_dispose(struct park_waste *waste, void (*close)(uint64_t connection, uint32_t handle))
{
	PRSharedMemory *handle;

	while ((handle = waste->first)) {
		waste->first = handle->next;
		if (handle->taken)
			close(handle->connection, handle->handle);
		munmap(handle->mappings.ready, handle->size);
		free(handle);
	}
}
