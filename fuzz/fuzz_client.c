/* SPDX-License-Identifier: MIT */
/*
 * Fuzzing of the library against a lying broker: an input is a sequence of calls of a program, and
 * of lies. To each request the broker makes the answer that an honest one could give, and spoils it
 * as the input says.
 *
 *	a call:   byte 0: which one; byte 1: its options
 *	a reply:  byte 0: the lie, or none; then what that lie needs
 *
 * Whatever the broker says, each call comes to an end; a handle that the program gets can be used;
 * and when all is closed and the connection is lost, no descriptor is left.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "fuzz/demand.h"
#include "include/nspr.h"
#include "include/prshm-client.h"

#include "fuzz/fake-kernel.h"
#include "fuzz/fake-socket.h"
#include "fuzz/make-request.h"
#include "wire/ring.h"

#define SIZE    4096
#define HANDLES 4
#define SEALS   (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

enum lie {
	NO_LIE,
	A_BYTE,
	SHORTER,
	LONGER,
	RAW,
	RESTARTED,
	NOTHING,
	GONE,
	DESCRIPTORS,
	UNSEALED,
	OF_ANOTHER_SIZE,
	READ_ONLY,
	A_SOCKET,
	STATUS,
	TWICE,
	LIES = 32 /* the others: none */
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static struct input input;
static bool is_over; /* the input: each connection ends */
static struct {
	struct wire_message message;
	struct wire_request request; /* borrows from message */
	bool is_there;
} asked;
static PRSharedMemory *handles[HANDLES];

static int take_request(const struct wire_message *message)
{
	if (is_over)
		return -EPIPE;
	asked.message = *message;
	demand(wire_decode_request(asked.message.bytes, asked.message.length, &asked.request) ==
			STATUS_OK,
		"the library breaks the protocol");
	asked.is_there = asked.request.header.op != WIRE_OP_CLOSE;
	return 0;
}

static int make_memory(enum lie lie, uint64_t size)
{
	const struct fake_file is = {
		.mode = (lie == A_SOCKET ? S_IFSOCK : S_IFREG) | 0600,
		.size = lie == OF_ANOTHER_SIZE ? take_byte(&input) : size,
		.seals = lie == UNSEALED ? take_byte(&input) % (SEALS + 1) : SEALS,
	};

	return fake_open(&is, lie == READ_ONLY ? O_RDONLY : O_RDWR);
}

/* Tails: of an open a view, of an explanation a text, of many opens an outcome for each. */
static void put_tail(struct wire_reply *reply, uint8_t *tail)
{
	static const char text[] = "because";
	const uint16_t op = reply->header.op;
	size_t used = 0;

	if (op == WIRE_OP_EXPLAIN) {
		memcpy(tail, text, sizeof(text) - 1);
		used = sizeof(text) - 1;
	} else if (op == WIRE_OP_OPEN_MANY) {
		reply->opened_many.count = asked.request.open_many.count;
		for (uint32_t i = 0; i < reply->opened_many.count; i++) {
			const struct wire_outcome outcome = {.status = STATUS_OK,
				.handle = i,
				.segment = i + 1,
				.size = SIZE,
				.access = WIRE_READ | WIRE_WRITE};

			wire_put_outcome(tail, WIRE_MESSAGE_MAX, &used, &outcome);
		}
	}
	if (op == WIRE_OP_OPEN && (asked.request.open.flags & WIRE_OPEN_VIEW))
		wire_put_viewed(tail, WIRE_MESSAGE_MAX, &used, &(struct wire_viewed){.mode = 0600});
	reply->tail = tail;
	reply->tail_length = used;
}

static void make_reply(struct wire_reply *reply, uint8_t *tail)
{
	const uint16_t op = asked.request.header.op;

	*reply = (struct wire_reply){.header = {.op = op, .serial = asked.request.header.serial}};
	if (op == WIRE_OP_OPEN || op == WIRE_OP_REDEEM)
		reply->opened = (struct wire_opened){.segment = 1,
			.size = SIZE,
			.handle = take_byte(&input),
			.access = WIRE_READ | (take_byte(&input) & 0xf)};
	else if (op == WIRE_OP_ANONYMOUS)
		reply->made = (struct wire_made){.segment = 1, .handle = take_byte(&input)};
	put_tail(reply, tail);
	reply->header.fds = op == WIRE_OP_OPEN_MANY ? (uint16_t)reply->opened_many.count
						    : wire_descriptors_of(op) > 0;
}

static void spoil_bytes(struct wire_message *out, enum lie lie)
{
	if (lie == A_BYTE) {
		const size_t at = take_byte(&input) % out->length;

		out->bytes[at] = take_byte(&input);
	} else if (lie == SHORTER) {
		out->length -= (take_byte(&input) % out->length);
	} else if (lie == LONGER) {
		const size_t more = take_byte(&input);

		memset(out->bytes + out->length, 0, more);
		out->length =
			out->length + more <= WIRE_MESSAGE_MAX ? out->length + more : out->length;
	} else if (lie == RAW) {
		out->length = make_raw(&input, take_byte(&input) & 1, out->bytes);
		out->length += out->length == 0;
	}
}

static size_t how_many(const struct wire_reply *reply, enum lie lie)
{
	if (reply->header.status != STATUS_OK || reply->header.op == 0)
		return lie == DESCRIPTORS ? 1 : 0;
	return lie == DESCRIPTORS ? take_byte(&input) % (WIRE_FDS_MAX + 1) : reply->header.fds;
}

static int answer(struct wire_message *out)
{
	const enum lie lie = take_byte(&input) % LIES;
	uint8_t tail[WIRE_MESSAGE_MAX];
	struct wire_reply reply;
	uint64_t size = SIZE;

	if (is_over || lie == GONE || input.left == 0)
		return -ECONNRESET;
	if (lie == NOTHING || (!asked.is_there && lie != RAW && lie != RESTARTED))
		return -EAGAIN;
	make_reply(&reply, tail);
	if (reply.header.op == WIRE_OP_RING)
		size = RING_BYTES;
	if (lie == STATUS)
		reply.header.status = take_byte(&input);
	if (lie == RESTARTED)
		reply = (struct wire_reply){.header = {.status = STATUS_RESTARTED}};
	if (reply.header.status != STATUS_OK)
		reply.header.fds = 0;
	if (!wire_encode_reply(&reply, out))
		return -ECONNRESET;
	out->fd_count = 0;
	for (size_t i = how_many(&reply, lie); i > 0; i--)
		out->fds[out->fd_count++] = make_memory(lie, size);
	spoil_bytes(out, lie);
	asked.is_there = lie == TWICE || lie == RESTARTED;
	return 0;
}

static void use(PRSharedMemory *handle, uint8_t how)
{
	void *bytes = PR_AttachSharedMemory(handle, how & 1 ? PR_SHM_READONLY : 0);

	if (!bytes)
		return;
	if (how & 1)
		demand(*(volatile char *)bytes == 0, "fresh memory is not empty");
	else
		memset(bytes, 0, prshm_size(handle)); /* AddressSanitizer sees what is too long */
	demand(PR_DetachSharedMemory(handle, bytes) == PR_SUCCESS, "an attachment stays");
}

static void open_one(uint8_t options)
{
	const struct prshm_options wanted = {.size = options & 4 ? SIZE : 0,
		.rights = {.mode = 0600},
		.flags = (options & 1 ? PRSHM_CREATE : 0) | (options & 2 ? PRSHM_READONLY : 0)};
	PRSharedMemory **place = &handles[options % HANDLES];

	if (*place)
		PR_CloseSharedMemory(*place);
	*place = NULL;
	if (options & 8)
		*place = PR_OpenSharedMemory(
			"/f", options & 4 ? SIZE : 0, options & 1 ? PR_SHM_CREATE : 0, 0600);
	else if (prshm_open("/f", &wanted, place) != PRSHM_OK)
		*place = NULL;
	if (*place)
		use(*place, options >> 4);
}

static void open_many(uint8_t options)
{
	static const char *const names[] = {"/a", "/b", "/c", "/d", "/e", "/f", "/g"};
	const struct prshm_options wanted = {.size = 0, .rights = {.mode = 0600}};
	PRSharedMemory *opened[7] = {NULL};
	enum prshm_result results[7];
	const size_t count = options % 7 + 1;

	if (prshm_open_many(names, count, &wanted, opened, results) != PRSHM_OK)
		return;
	for (size_t i = 0; i < count; i++) {
		demand((results[i] == PRSHM_OK) == (opened[i] != NULL),
			"an outcome without its handle");
		if (opened[i])
			use(opened[i], options);
		if (opened[i])
			PR_CloseSharedMemory(opened[i]);
	}
}

static bool count_segment(void *context, const char *name, const struct prshm_segment *segment)
{
	(void)segment;
	demand(strnlen(name, WIRE_NAME_MAX + 1) <= WIRE_NAME_MAX, "a listed name is too long");
	return ++*(unsigned int *)context < 100;
}

static bool count_holder(void *context, const struct prshm_holder *holder)
{
	(void)holder;
	return ++*(unsigned int *)context < 100;
}

static bool count_account(void *context, const struct prshm_account *account)
{
	(void)account;
	return ++*(unsigned int *)context < 100;
}

static void call_native(uint8_t which, uint8_t options)
{
	struct prshm_segment segment;
	struct prshm_broker_status status;
	const struct prshm_rights rights = {.mode = 0640};
	unsigned int count = 0;
	bool allowed;
	char text[64];

	switch (which) {
	case 0:
		prshm_stat("/f", &segment);
		break;
	case 1:
		prshm_list("/", count_segment, &count);
		break;
	case 2:
		prshm_holders(options, count_holder, &count);
		break;
	case 3:
		prshm_accounts((uid_t)-1, count_account, &count);
		break;
	case 4:
		prshm_status(&status);
		break;
	case 5:
		prshm_explain("/f", PRSHM_READ, &allowed, text, sizeof(text) - options % 64);
		break;
	case 6:
		prshm_set_rights("/f", &rights);
		break;
	default:
		PR_DeleteSharedMemory("/f");
		break;
	}
}

static void share_map(uint8_t options)
{
	PRFileMap *map = PR_OpenAnonFileMap(
		"/tmp", SIZE, options & 1 ? PR_PROT_READONLY : PR_PROT_READWRITE);
	void *bytes = map ? PR_MemMap(map, 0, SIZE) : NULL;

	if (bytes)
		PR_MemUnmap(bytes, SIZE);
	if (map)
		PR_CloseFileMap(map);
}

static void play_call(void)
{
	const uint8_t which = take_byte(&input) % 16;
	const uint8_t options = take_byte(&input);

	if (which < 5)
		open_one(options);
	else if (which == 5)
		open_many(options);
	else if (which == 6)
		share_map(options);
	else
		call_native(which - 7, options);
}

/* What is parked would outlive an input; AddressSanitizer has it off, too. */
__attribute__((constructor)) static void set_environment(void)
{
	setenv("PRSHM_SOCKET", "/f", 1);
	setenv("PRSHM_PARK", "0", 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	input = (struct input){bytes, length};
	asked.is_there = is_over = false;
	fake_reset();
	fake_sockets_begin(answer, take_request);
	while (input.left > 0)
		play_call();
	is_over = true;
	for (size_t i = 0; i < HANDLES; i++) {
		if (handles[i])
			PR_CloseSharedMemory(handles[i]);
		handles[i] = NULL;
	}
	PR_DeleteSharedMemory("/f"); /* the connection is lost */
	demand(fake_count_fds() == 0, "a descriptor has leaked");
	return 0;
}
