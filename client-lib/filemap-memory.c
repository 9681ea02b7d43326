/* SPDX-License-Identifier: MIT */
/* Anonymous memory in this process: made, recognised, redeemed by its token. */
#include "client-lib/filemap-memory.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client-lib/connection.h"
#include "client-lib/descriptor.h"
#include "client-lib/ready.h"

static bool identify(int fd, uint64_t *inode, uint64_t *size)
{
	struct stat st;

	if (!descriptor_is_sealed(fd, &st) || !S_ISREG(st.st_mode) || st.st_size <= 0)
		return false;
	*inode = st.st_ino;
	*size = (uint64_t)st.st_size;
	return true;
}

static bool can_do(int fd, PRFileMapProtect protection)
{
	return protection != PR_PROT_READWRITE || (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR;
}

int memory_check(const struct reference *reference, uint64_t *size)
{
	uint64_t inode;
	uint64_t bytes;

	if (!identify(reference->fd, &inode, &bytes) || inode != reference->inode)
		return STATUS_NOT_FOUND;
	if (!can_do(reference->fd, reference->protection))
		return -EACCES;
	*size = bytes;
	return 0;
}

bool memory_is_own(const struct memory *memory)
{
	uint64_t size;

	return memory_check(&memory->reference, &size) != STATUS_NOT_FOUND;
}

int memory_make(uint64_t size, PRFileMapProtect protection, struct memory *out)
{
	struct broker_answer answer;
	struct wire_request request = {
		.header = {.op = WIRE_OP_ANONYMOUS},
		.anonymous = {.size = size, .readonly = protection != PR_PROT_READWRITE},
	};
	int outcome = connection_call(&request, &answer);
	const struct wire_made *made = &answer.reply.made;
	struct memory memory = {.reference = {.fd = answer.fd, .protection = protection}};

	if (outcome != 0)
		return outcome;
	memory.handle = made->handle;
	memory.connection = answer.connection;
	memory.reference.token_high = made->token_high;
	memory.reference.token_low = made->token_low;
	if (answer.fd < 0 || !identify(answer.fd, &memory.reference.inode, &memory.size) ||
		memory.size != size || !can_do(answer.fd, protection)) {
		if (answer.fd >= 0)
			close(answer.fd);
		memory_forget(&memory);
		return -EPROTO;
	}
	if (made->access & WIRE_FILL)
		outcome = ready_allocate(answer.fd, size);
	if (outcome != 0) {
		close(answer.fd);
		memory_forget(&memory);
		return outcome;
	}
	*out = memory;
	return 0;
}

int memory_redeem(const struct reference *reference, struct memory *out)
{
	struct broker_answer answer;
	struct wire_request request = {
		.header = {.op = WIRE_OP_REDEEM},
		.redeem = {reference->token_high, reference->token_low},
	};
	int outcome = connection_call(&request, &answer);
	struct memory memory = {.reference = *reference};

	if (outcome != 0)
		return outcome;
	memory.reference.fd = answer.fd;
	memory.handle = answer.reply.opened.handle;
	memory.connection = answer.connection;
	outcome = memory_check(&memory.reference, &memory.size);
	if (outcome != 0) {
		if (answer.fd >= 0)
			close(answer.fd);
		memory_forget(&memory);
		return outcome;
	}
	*out = memory;
	return 0;
}

/* The protocol has no way to count a holder without sending a descriptor: close that one. */
void memory_count(struct memory *memory)
{
	struct memory counted;

	if (memory->connection != 0 || memory_redeem(&memory->reference, &counted) != 0)
		return;
	close(counted.reference.fd);
	memory->handle = counted.handle;
	memory->connection = counted.connection;
}

void memory_forget(struct memory *memory)
{
	if (memory->connection != 0)
		connection_close_handle(memory->connection, memory->handle);
	memory->connection = 0;
}
