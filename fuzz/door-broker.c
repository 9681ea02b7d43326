/* SPDX-License-Identifier: MIT */
/* The broker behind a fuzzed libprshm-posix; door-broker.h tells the idea. */
#include "fuzz/door-broker.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/core/broker-peer.h"
#include "daemon/core/drain.h"
#include "daemon/core/handle.h"
#include "fuzz/demand.h"
#include "fuzz/fake-calls.h"
#include "fuzz/fake-kernel.h"
#include "fuzz/fake-socket.h"
#include "tests/core/invariants.h"

#define OWNER 1000

/* What happens to a reply; most of 256 numbers mean that nothing does. */
enum fate {
	RESTART = 200,   /* the broker is restarted: the library asks once more */
	GOES_LOST = 220, /* with the connection */
	A_BYTE = 230,    /* is another */
	ANOTHERS = 236,  /* the descriptor is of other memory */
	REFUSAL = 240,   /* is what comes */
	NOBODY = 244,    /* answers */
	HONEST = 246,
};

struct door_broker door;
static struct wire_message asked;
static struct wire_message answered; /* descriptors: the broker's */
static bool is_asked, is_answered;
static uint64_t connected; /* the socket of the last connection, which may have ended */

static uint64_t tell_time(void)
{
	return 1000000000;
}

const char *door_segment_name(size_t which)
{
	static const char *const names[DOOR_NAMES] = {"/dev/shm/a", "/dev/shm/b", "/dev/shm/c"};

	return names[which % DOOR_NAMES];
}

const struct segment *door_find(size_t which)
{
	const char *name = door_segment_name(which);

	return registry_find(&door.broker.registry, name, strlen(name));
}

static struct peer *connect_peer(void)
{
	const struct credentials credentials = {.uid = OWNER, .gid = OWNER};
	struct peer *peer = NULL;
	struct refusal why;

	demand(broker_add_peer(&door.broker, &credentials, -1, &peer, &why) == STATUS_OK,
		"a connection is refused");
	return peer;
}

static void drop_answer(void)
{
	for (size_t i = 0; is_answered && i < answered.fd_count; i++)
		__wrap_close(answered.fds[i]);
	is_answered = false;
}

void door_break(void)
{
	fake_be(FAKE_BROKER);
	drop_answer();
	is_asked = false;
	if (door.program)
		door.program = broker_remove_peer(&door.broker, door.program);
	door.was_lost = true;
	fake_be(FAKE_PROGRAM);
}

/* The core's reply, with descriptors of its own. */
static void handle(struct peer *peer, const struct wire_message *message)
{
	struct wire_request request;
	struct reply reply;

	demand(wire_decode_request(message->bytes, message->length, &request) == STATUS_OK,
		"the library breaks the protocol");
	drop_answer();
	reply_init(&reply);
	reply.room = WIRE_FDS_MAX;
	broker_handle(&door.broker, peer, &request, &reply);
	demand(reply.wire.header.status != STATUS_INTERNAL, "the broker is broken");
	is_answered = reply.expected;
	if (is_answered) {
		demand(wire_encode_reply(&reply.wire, &answered), "a reply does not encode");
		answered.fd_count = reply.wire.header.fds;
		for (size_t i = 0; i < answered.fd_count; i++)
			answered.fds[i] = fake_receive(reply.fds[i].fd);
	}
	reply_deinit(&reply);
}

/* Of the program's connection; 0: none. */
static uint64_t find_socket(void)
{
	uint64_t found = 0;
	struct stat st;

	for (int fd = FAKE_FIRST_FD + DOOR_OWN; fd < FAKE_FIRST_FD + DOOR_OWN + 4; fd++) {
		if (fake_name(fd) && __wrap_fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode))
			found = st.st_ino > found ? st.st_ino : found;
	}
	return found;
}

/* Each socket is a connection of its own: library or program may have closed the last one. */
void door_notice_end(void)
{
	if (door.program && find_socket() != connected)
		door_break();
}

static int take_request(const struct wire_message *message)
{
	door_notice_end();
	if (door.is_over || (!door.program && find_socket() == connected))
		return -EPIPE;
	connected = find_socket();
	fake_be(FAKE_BROKER);
	if (!door.program)
		door.program = connect_peer();
	asked = *message;
	is_asked = true;
	handle(door.program, message);
	fake_be(FAKE_PROGRAM);
	return 0;
}

static void notify_restart(struct wire_message *out)
{
	const struct wire_reply reply = {.header = {.status = STATUS_RESTARTED}};

	demand(wire_encode_reply(&reply, out), "a notice does not encode");
	out->fd_count = 0;
}

/* False: the message is not to be sent. */
static bool spoil(enum fate fate, struct wire_message *out)
{
	const struct fake_file another = {
		.mode = S_IFREG | 0600, .size = 4096, .seals = take_byte(door.input) & 15};

	const struct wire_reply refusal = {.header = {.status = take_byte(door.input)}};

	door.has_lied = true;
	if (fate < ANOTHERS) {
		out->bytes[take_byte(door.input) % out->length] ^= take_byte(door.input);
		return true;
	}
	for (size_t i = 0; i < out->fd_count; i++)
		__wrap_close(out->fds[i]);
	for (size_t i = 0; fate < REFUSAL && i < out->fd_count; i++)
		out->fds[i] = fake_open(&another, O_RDWR);
	if (fate < REFUSAL)
		return true;
	out->fd_count = 0;
	return fate < NOBODY && wire_encode_reply(&refusal, out);
}

static int answer(struct wire_message *out)
{
	const enum fate fate = door.input->left > 0 ? take_byte(door.input) : 0;

	if (door.is_over || !door.program)
		return -ECONNRESET;
	if (is_asked && fate >= RESTART && fate < GOES_LOST) {
		notify_restart(out);
		return 0;
	}
	if (fate >= GOES_LOST && fate < A_BYTE) {
		door_break();
		return -ECONNRESET;
	}
	if (!is_answered)
		return -EAGAIN;
	*out = answered;
	is_answered = is_asked = false;
	for (size_t i = 0; i < out->fd_count; i++) {
		const int fd = out->fds[i];

		out->fds[i] = fake_receive(fd);
		fake_be(FAKE_BROKER);
		__wrap_close(fd);
		fake_be(FAKE_PROGRAM);
	}
	if (fate < A_BYTE || fate >= HONEST)
		return 0;
	return spoil(fate, out) ? 0 : -ECONNRESET;
}

static void fill_other(struct wire_request *request, uint8_t how)
{
	const char *name = door_segment_name(how);
	const uint32_t handle = take_byte(door.input) % 4;

	request->name = name;
	request->name_length = strlen(name);
	switch (how / DOOR_NAMES % 5) {
	case 0:
		request->header.op = WIRE_OP_OPEN;
		request->open = (struct wire_open){.mode = 0600,
			.flags = WIRE_OPEN_POSIX | (how & 64 ? WIRE_OPEN_CREATE : 0U)};
		return;
	case 1:
		request->header.op = WIRE_OP_DELETE;
		return;
	case 2:
		request->header.op = WIRE_OP_SIZE;
		request->size = (struct wire_size){
			.size = 4096U * (how % 3U), .handle = handle, .flags = WIRE_SIZE_SET};
		break;
	case 3:
		request->header.op = WIRE_OP_CHANGE;
		request->change = (struct wire_change){.handle = handle,
			.mode = how & 1 ? 0600 : 0,
			.uid = UINT32_MAX,
			.gid = UINT32_MAX};
		break;
	default:
		request->header.op = WIRE_OP_CLOSE;
		request->close.handle = handle;
		break;
	}
	request->name = "";
	request->name_length = 0;
}

void door_play_other(void)
{
	struct wire_request request = {.header = {.serial = ++door.serial}};
	struct wire_message message;
	const uint8_t how = take_byte(door.input);

	fill_other(&request, how);
	demand(wire_encode_request(&request, &message), "a request does not encode");
	fake_be(FAKE_BROKER);
	handle(door.other, &message);
	drop_answer();
	fake_be(FAKE_PROGRAM);
}

unsigned int door_count_handles(uint64_t inode)
{
	struct segment *segment = NULL;
	const char *broken;
	unsigned int count = 0;

	fake_be(FAKE_BROKER);
	broker_drain_all(&door.broker);
	broken = invariants_broken(&door.broker);
	demand(!broken, broken);
	while ((segment = registry_next(&door.broker.registry, segment ? segment->number : 0))) {
		const struct holder *holder = peer_next_holder(segment, 0, 0);

		for (; segment->inode == inode && holder;
			holder =
				peer_next_holder(segment, holder->peer->number, holder->handle + 1))
			count += holder->peer == door.program;
	}
	fake_be(FAKE_PROGRAM);
	return count;
}

void door_begin(struct input *input)
{
	struct policy policy;

	fake_reset();
	fake_be(FAKE_BROKER);
	policy_init(&policy);
	for (size_t i = 0; i < RESOURCE_COUNT; i++)
		policy.host[i] = UINT64_C(1) << 20;
	policy.host[RESOURCE_BYTES] = 64 * 4096;
	policy.segment_bytes = 1 << 16;
	door = (struct door_broker){.input = input};
	broker_init(&door.broker, &policy);
	door.broker.registry.clock = tell_time;
	door.other = connect_peer();
	is_asked = is_answered = false;
	fake_sockets_begin(answer, take_request);
	fake_be(FAKE_PROGRAM);
}

void door_end(void)
{
	fake_be(FAKE_BROKER);
	drop_answer();
	broker_deinit(&door.broker);
	demand(fake_count_fds() == 0, "a descriptor of the broker has leaked");
	fake_be(FAKE_PROGRAM);
}
