/* SPDX-License-Identifier: MIT */
/* The calls of prshm-client.h with what a test expects of them. */
#ifndef PRSHM_TESTS_POLICY_NATIVE_CASE_H
#define PRSHM_TESTS_POLICY_NATIVE_CASE_H

#include "tests/policy/policy-case.h"

#define PAGE 4096

/* What no call may touch when it fails. */
static PRSharedMemory *const untouched = (PRSharedMemory *)&policy_broker;

static inline void expect(enum prshm_result got, enum prshm_result wanted)
{
	ck_assert_msg(got == wanted, "\"%s\" instead of \"%s\"", prshm_strerror(got),
		prshm_strerror(wanted));
}

static inline void fail_to_open(
	const char *name, const struct prshm_options *options, enum prshm_result wanted)
{
	PRSharedMemory *handle = untouched;

	expect(prshm_open(name, options, &handle), wanted);
	ck_assert_ptr_eq(handle, untouched);
}

static inline PRSharedMemory *must_open(const char *name, struct prshm_options options)
{
	PRSharedMemory *handle = NULL;

	expect(prshm_open(name, &options, &handle), PRSHM_OK);
	ck_assert_ptr_nonnull(handle);
	return handle;
}

static inline void end_handle(PRSharedMemory *handle)
{
	ck_assert_int_eq(PR_CloseSharedMemory(handle), PR_SUCCESS);
}

#define WITH(flags_, size_, ...)                                                                   \
	((struct prshm_options){.flags = (flags_), .size = (size_), __VA_ARGS__})
#define CREATE(...) WITH(PRSHM_CREATE, PAGE, __VA_ARGS__)

#endif
