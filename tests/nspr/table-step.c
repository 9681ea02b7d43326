/* SPDX-License-Identifier: MIT */

/*
 * One step inside an actor: the PR_* call itself, or a look at the memory it gave. A failure is
 * written as ERROR_NAME/ERRNO. Memory that may not be writable is written by a forked child, so
 * that its SIGSEGV is a result and the actor keeps its attachments.
 */
#include "table.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static PRSharedMemory *handles[SLOTS];
static char *addresses[SLOTS + 1];
static char static_page[4096] __attribute__((aligned(4096)));

static void write_outcome(bool good, char *result)
{
	const char *name;

	if (good) {
		result_write(result, "ok");
		return;
	}
	name = PR_ErrorToName(PR_GetError());
	result_write(result, "%s/%s", name ? name : "no error", error_word(PR_GetOSError()));
}

/* A call left out because an earlier one gave no handle is a result, not a call with NULL. */
static bool lacks_handle(const struct step *step, char *result)
{
	if (step->handle == NULL_HANDLE || handles[step->handle])
		return false;
	result_write(result, "no handle");
	return true;
}

static bool lacks_address(int address, char *result)
{
	if (address == NULL_ADDRESS || addresses[address])
		return false;
	result_write(result, "no address");
	return true;
}

static void run_open(const struct step *step, char *result)
{
	char name[NAME_SIZE];
	const char *passed = name_expand(step->name, name);
	PRSharedMemory *handle;

	errno = step->error_before;
	handle = PR_OpenSharedMemory(passed, step->size, step->flags, step->mode);
	write_outcome(handle, result);
	handles[step->handle] = handle;
}

static void run_attach(const struct step *step, char *result)
{
	if (lacks_handle(step, result))
		return;
	addresses[step->address] = PR_AttachSharedMemory(handles[step->handle], step->flags);
	write_outcome(addresses[step->address], result);
}

/* The slot keeps the address: detaching it once more is a row. */
static void run_detach(const struct step *step, char *result)
{
	char *address = addresses[step->address];

	if (lacks_handle(step, result) || lacks_address(step->address, result))
		return;
	if (address)
		address += step->offset;
	write_outcome(PR_DetachSharedMemory(handles[step->handle], address) == PR_SUCCESS, result);
}

static void run_close(const struct step *step, char *result)
{
	if (lacks_handle(step, result))
		return;
	write_outcome(PR_CloseSharedMemory(handles[step->handle]) == PR_SUCCESS, result);
	if (step->handle)
		handles[step->handle] = NULL;
}

static void run_delete(const struct step *step, char *result)
{
	char name[NAME_SIZE];
	const char *passed = name_expand(step->name, name);

	errno = step->error_before;
	write_outcome(PR_DeleteSharedMemory(passed) == PR_SUCCESS, result);
}

static void write_byte(const struct step *step, char *result)
{
	volatile char *byte = addresses[step->address] + step->offset;
	pid_t child;
	int status;

	child = fork();
	if (child == 0) {
		*byte = 'w';
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		result_write(result, "cannot fork");
	else if (WIFSIGNALED(status))
		result_write(result, "%s", signal_word(WTERMSIG(status)));
	else
		result_write(result, "ok");
}

static void compare(const struct step *step, char *result)
{
	volatile char *here = addresses[step->address], *there = addresses[step->handle];

	if (lacks_address(step->handle, result))
		return;
	here[100] = 1;
	there[100] = 2;
	if (here == there)
		result_write(result, "same address");
	else
		result_write(result, here[100] == 2 ? "same memory" : "different memory");
}

static void mapped_length(uintptr_t address, char *result)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[NAME_SIZE];
	uintptr_t begin, end;

	result_write(result, "not mapped");
	while (maps && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx", &begin, &end) == 2 && begin == address)
			result_write(result, "mapped %lu", (unsigned long)(end - begin));
	if (maps)
		fclose(maps);
}

static void look_at_memory(const struct step *step, char *result)
{
	char *address = addresses[step->address];

	if (lacks_address(step->address, result)) {
		if (step->operation == PUT_TEXT)
			result_write(result, "ok");
		return;
	}
	switch (step->operation) {
	case PUT_TEXT:
		strcpy(address, step->text);
		result_write(result, "ok");
		break;
	case READ_TEXT:
		result_write(result, address[0] ? "\"%.60s\"" : "empty", address);
		break;
	case COMPARE_MEMORY:
		compare(step, result);
		break;
	case WRITE_BYTE:
		write_byte(step, result);
		break;
	case WIDEN_MAPPING:
		result_write(result, "%s",
			mprotect(address, 4096, PROT_READ | PROT_WRITE) < 0 ? error_word(errno)
									    : "ok");
		break;
	default:
		mapped_length((uintptr_t)address, result);
	}
}

void step_run(const struct step *step, char *result)
{
	const char *name;

	addresses[STATIC_PAGE] = static_page;
	if (file_step_run(step, result))
		return;
	if (step->operation != CALL_FUNCTION)
		PR_SetError(0, 0);
	switch (step->operation) {
	case OPEN_SEGMENT:
		run_open(step, result);
		break;
	case ATTACH_SEGMENT:
		run_attach(step, result);
		break;
	case DETACH_SEGMENT:
		run_detach(step, result);
		break;
	case CLOSE_SEGMENT:
		run_close(step, result);
		break;
	case DELETE_SEGMENT:
		run_delete(step, result);
		break;
	case ERROR_NAME:
		name = PR_ErrorToName(step->mode);
		result_write(result, "%d %s", step->mode, name ? name : "no name");
		break;
	case CALL_FUNCTION:
		step->function(result);
		break;
	default:
		look_at_memory(step, result);
	}
}
