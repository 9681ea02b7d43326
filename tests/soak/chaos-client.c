/* SPDX-License-Identifier: MIT */
/*
 * A client of chaos. It is alone in what it does to names of its own, so it knows what each answer
 * has to be, whoever was killed meanwhile; only races are run together with the others.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/soak/chaos.h"
#include "tests/soak/chaos-user.h"
#include "bench/statistics.h"
#include "include/prerror.h"
#include "include/prshm-client.h"

#define NAMES       8
#define HANDLES_MAX 6 /* of one segment */
#define PAGE        4096U
#define LEAD        32 /* races one client may be ahead of another */

/* What the broker has to know of one of our segments. */
struct expected {
	char name[64];
	bool exists;
	bool until_unused;
	mode_t mode;
	size_t size;
	uint64_t stamp; /* written all over it */
	bool stamped;   /* by us, after the creation was answered */
	unsigned int handle_count;
	PRSharedMemory *handles[HANDLES_MAX];
};

static struct {
	struct chaos *chaos;
	struct chaos_client *shared;
	unsigned int number;
	unsigned int race;
	struct random_data random;
	char random_state[64];
	uint64_t stamp;
	unsigned int handles;
	unsigned int most_handles; /* that were open at once */
	double began;              /* now_us(): what the broker has been asked last */
	struct expected expected[NAMES];
} client;

static unsigned int random_below(unsigned int limit)
{
	int32_t value;

	random_r(&client.random, &value);
	return (unsigned int)value % limit;
}

__attribute__((format(printf, 2, 3))) static void wrong(bool lost, const char *format, ...)
{
	char text[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	fprintf(stderr, "chaos: client %u (pid %d), after %" PRIu64 " answers: %s\n", client.number,
		(int)getpid(), atomic_load(&client.shared->answers), text);
	client.shared->errors++;
	if (lost)
		client.shared->lost++;
}

/* Between the two lies one question to the broker and its answer. */
static void begin(void)
{
	client.began = now_us();
}

static void end(void)
{
	const uint64_t took = (uint64_t)((now_us() - client.began) * 1000);

	if (took > client.shared->longest)
		client.shared->longest = took;
	client.shared->answers++;
}

static void compare_result(
	const char *what, const char *name, enum prshm_result result, enum prshm_result expected)
{
	if (result != expected)
		wrong(expected == PRSHM_OK && result == PRSHM_NOT_FOUND, "%s \"%s\": %s, not: %s",
			what, name, prshm_strerror(result), prshm_strerror(expected));
}

/* Writes it if it has just been created, and looks at it otherwise. */
static void use_contents(struct expected *segment, PRSharedMemory *handle)
{
	uint64_t *memory = PR_AttachSharedMemory(handle, 0);

	if (!memory) {
		wrong(true, "attach \"%s\": error %d", segment->name, (int)PR_GetError());
		return;
	}
	for (size_t i = 0; i < segment->size / sizeof(*memory); i++) {
		if (!segment->stamped) {
			memory[i] = segment->stamp;
		} else if (memory[i] != segment->stamp) {
			wrong(true, "\"%s\": its contents are not what was written", segment->name);
			break;
		}
	}
	segment->stamped = true;
	PR_DetachSharedMemory(handle, memory);
}

static void keep_handle(struct expected *segment, PRSharedMemory *handle)
{
	if (prshm_size(handle) != segment->size)
		wrong(true, "\"%s\": %zu bytes, not %zu", segment->name, prshm_size(handle),
			segment->size);
	else
		use_contents(segment, handle);
	segment->handles[segment->handle_count++] = handle;
	if (++client.handles > client.most_handles)
		client.most_handles = client.handles;
}

static void create(struct expected *segment)
{
	const bool existed = segment->exists;
	const struct prshm_options options = {
		.flags = PRSHM_CREATE | PRSHM_EXCL,
		.size = PAGE * (1 + random_below(4)),
		.rights.mode = random_below(2) ? 0600 : 0640,
		.lifetime = random_below(2) ? PRSHM_KEPT : PRSHM_UNTIL_UNUSED,
	};
	PRSharedMemory *handle;
	enum prshm_result result;

	begin();
	result = prshm_open(segment->name, &options, &handle);
	end();
	compare_result("create", segment->name, result, existed ? PRSHM_EXISTS : PRSHM_OK);
	if (result != PRSHM_OK)
		return;
	segment->exists = true;
	segment->until_unused = options.lifetime == PRSHM_UNTIL_UNUSED;
	segment->mode = options.rights.mode;
	segment->size = options.size;
	segment->stamp = ++client.stamp;
	segment->stamped = false;
	keep_handle(segment, handle);
}

static void open_again(struct expected *segment)
{
	const struct prshm_options options = {.flags = 0};
	PRSharedMemory *handle;
	enum prshm_result result;

	if (segment->handle_count == HANDLES_MAX)
		return;
	begin();
	result = prshm_open(segment->name, &options, &handle);
	end();
	compare_result("open", segment->name, result, segment->exists ? PRSHM_OK : PRSHM_NOT_FOUND);
	if (result == PRSHM_OK && segment->exists)
		keep_handle(segment, handle);
	else if (result == PRSHM_OK)
		PR_CloseSharedMemory(handle);
}

/* The broker does not answer this one. */
static void close_one(struct expected *segment)
{
	if (segment->handle_count == 0)
		return;
	client.handles--;
	if (PR_CloseSharedMemory(segment->handles[--segment->handle_count]) != PR_SUCCESS)
		wrong(false, "close \"%s\": error %d", segment->name, (int)PR_GetError());
	if (segment->handle_count == 0 && segment->until_unused)
		segment->exists = false;
}

static void close_all(struct expected *segment)
{
	while (segment->handle_count > 0)
		close_one(segment);
}

static void remove_name(struct expected *segment)
{
	const bool existed = segment->exists;
	PRStatus status;

	begin();
	status = PR_DeleteSharedMemory(segment->name);
	end();
	if ((status == PR_SUCCESS) != existed)
		wrong(existed, "delete \"%s\": error %d", segment->name,
			status == PR_SUCCESS ? 0 : (int)PR_GetError());
	segment->exists = false;
	close_all(segment); /* of what has no name any more */
}

static void change_rights(struct expected *segment)
{
	const struct prshm_rights rights = {.mode = segment->mode ^ 0040};
	enum prshm_result result;

	begin();
	result = prshm_set_rights(segment->name, &rights);
	end();
	compare_result("set the rights of", segment->name, result,
		segment->exists ? PRSHM_OK : PRSHM_NOT_FOUND);
	if (result == PRSHM_OK)
		segment->mode = rights.mode;
}

static void look(struct expected *segment)
{
	struct prshm_segment stat;
	enum prshm_result result;

	begin();
	result = prshm_stat(segment->name, &stat);
	end();
	compare_result("stat", segment->name, result, segment->exists ? PRSHM_OK : PRSHM_NOT_FOUND);
	if (result != PRSHM_OK || !segment->exists)
		return;
	if (stat.holders != segment->handle_count)
		wrong(true, "\"%s\": %u holders, not %u", segment->name, stat.holders,
			segment->handle_count);
	if (stat.size != segment->size || stat.rights.mode != segment->mode ||
		(stat.lifetime == PRSHM_UNTIL_UNUSED) != segment->until_unused)
		wrong(true, "\"%s\": %" PRIu64 " bytes, mode %o, lifetime %d", segment->name,
			stat.size, (unsigned int)stat.rights.mode, (int)stat.lifetime);
}

/* Who comes last sees that there was one winner, and makes room. */
static void end_race(struct chaos_race *race, const char *name)
{
	if (race->won != 1)
		wrong(race->won == 0, "\"%s\" was created %u times", name, race->won);
	begin();
	if (PR_DeleteSharedMemory(name) != PR_SUCCESS)
		wrong(true, "delete \"%s\": error %d", name, (int)PR_GetError());
	end();
	race->gone = true;
}

/* All clients try to create the same name. */
static void run_race(void)
{
	const struct prshm_options options = {.flags = PRSHM_CREATE | PRSHM_EXCL,
		.size = PAGE,
		.rights = chaos_user_race_rights()};
	struct chaos_race *race = &client.chaos->races[client.race];
	PRSharedMemory *handle;
	enum prshm_result result;
	char name[64];

	if (client.race == CHAOS_RACES - 1 ||
		(client.race >= LEAD && race[-LEAD].tried < client.chaos->clients))
		return;
	snprintf(name, sizeof(name), CHAOS_RACE_NAME, client.race++);
	begin();
	result = prshm_open(name, &options, &handle);
	end();
	if (result == PRSHM_OK) {
		race->winner = client.number + 1;
		race->won++;
		PR_CloseSharedMemory(handle);
	} else {
		compare_result("create", name, result, PRSHM_EXISTS);
	}
	if (++race->tried == client.chaos->clients)
		end_race(race, name);
}

/* What is there of the races that this client has won: at least, or at most. */
static struct chaos_charges races_won(bool at_least)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < client.race; i++) {
		const struct chaos_race *race = &client.chaos->races[i];

		if (race->winner == client.number + 1 &&
			(at_least ? race->tried < client.chaos->clients : !race->gone))
			count++;
	}
	return (struct chaos_charges){.segments = count, .bytes = count * PAGE};
}

/* A handle's charge stays with the connection that closes it, for the next one. */
static struct chaos_charges made(void)
{
	struct chaos_charges sum = {.handles = client.handles};

	for (unsigned int i = 0; i < NAMES; i++) {
		sum.segments += client.expected[i].exists;
		sum.bytes += client.expected[i].exists ? client.expected[i].size : 0;
	}
	return sum;
}

static void look_at_charges(struct expected *unused)
{
	const struct chaos_charges won = races_won(false);
	struct chaos_charges charges;
	enum prshm_result result;
	const char *text;

	(void)unused;
	begin();
	result = chaos_user_charges(&charges);
	if (result == PRSHM_UNSUPPORTED)
		return;
	end();
	compare_result("accounts", "", result, PRSHM_OK);
	text = chaos_charges_compare(
		charges, made(), races_won(true), won, client.most_handles, client.number);
	if (text)
		wrong(true, "%s", text);
}

/* Once all have them, and until the first takes them away. */
static void look_at_another(struct expected *unused)
{
	const unsigned int other = random_below(client.chaos->clients);
	const char *text;

	(void)unused;
	if (client.chaos->settled < client.chaos->clients)
		return;
	text = chaos_user_look_at(other, client.number);
	if (text && !client.chaos->ending)
		wrong(true, "client %u: %s", other, text);
}

/* Who is idle while somebody is killed is to notice nothing. */
static void rest(void)
{
	const struct timespec time = {.tv_nsec = (long)random_below(3000000)};

	nanosleep(&time, NULL);
}

static void act(void)
{
	static void (*const acts[])(struct expected *) = {create, create, open_again, open_again,
		close_one, close_one, close_all, remove_name, change_rights, look, look, look,
		look_at_charges, look_at_another};
	const unsigned int count = sizeof(acts) / sizeof(acts[0]);
	const unsigned int which = random_below(count + 2);

	if (which == count)
		run_race();
	else if (which > count)
		rest();
	else
		acts[which](&client.expected[random_below(NAMES)]);
}

bool chaos_client(struct chaos *chaos, unsigned int number)
{
	client.chaos = chaos;
	client.shared = &chaos->client[number];
	client.number = number;
	initstate_r((unsigned int)chaos->seed + number, client.random_state,
		sizeof(client.random_state), &client.random);
	client.stamp = (uint64_t)(number + 1) << 32;
	for (unsigned int i = 0; i < NAMES; i++)
		snprintf(client.expected[i].name, sizeof(client.expected[i].name), "/chaos/%u/%u",
			number, i);
	if (!chaos_user_become(number) || !chaos_user_make_open(number))
		wrong(false, "its user, or what the others look at, cannot be made");
	chaos->settled++;
	while (!chaos->ending)
		act();
	for (unsigned int i = 0; i < NAMES; i++) {
		look(&client.expected[i]);
		open_again(&client.expected[i]);
		remove_name(&client.expected[i]);
		look(&client.expected[i]);
	}
	look_at_charges(NULL);
	if (!chaos_user_take_away(number))
		wrong(true, "what the others look at is not there any more");
	return client.shared->errors == 0;
}
