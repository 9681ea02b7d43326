/* SPDX-License-Identifier: MIT */
/*
 * prshm._core: the calls of prshm-client.h for Python, one function a call, and two types. What
 * users see is made of it in Python, in the package beside this file. Only CPython's limited API is
 * used, so that one binary serves 3.11 and everything later.
 *
 * The interpreter's lock is released around every call of the library that may wait.
 */
#ifndef PRSHM_PYTHON_CORE_H
#define PRSHM_PYTHON_CORE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <string.h>

#include <prshm-client.h>

struct core_state {
	PyTypeObject *segment_type;
	PyTypeObject *watch_type;
	PyObject *error_for; /* prshm._errors.error_for: makes the exception of a result */
};

struct core_state *core_state(PyObject *module);
/* The same, by the module of a type of core_state. */
struct core_state *core_state_of(PyObject *object);

/* failure.c: exceptions. */

/*
 * The exception of a result; NULL with another one set. name: bytes of the segment's name, or NULL.
 */
PyObject *failure_new(const struct core_state *state, enum prshm_result result, PyObject *name);
/* Raises it. Always returns NULL. The library's words are those of this thread's last call. */
PyObject *failure_raise(const struct core_state *state, enum prshm_result result, PyObject *name);
/* None if the result is PRSHM_OK, else raises. */
PyObject *failure_or_none(const struct core_state *state, enum prshm_result result, PyObject *name);

/* convert.c: values. */

/* "O&" of a name: str to bytes without a NUL, in a PyObject *. */
int convert_name(PyObject *given, void *out);
/*
 * "O&" of a number from 0 to UINT_MAX, in an unsigned int: "I" takes any number, and of that the
 * low bits.
 */
int convert_number(PyObject *given, void *out);
/* str of a name's bytes, which need not be UTF-8. */
PyObject *convert_from_name(const char *name, size_t length);
/* A tuple of (kind, id, rights) to rights of that mode. False: an exception is set. */
bool convert_rights(unsigned int mode, PyObject *entries, struct prshm_rights *out);
/* The fields of prshm.Stat, in a tuple. */
PyObject *convert_from_stat(PyObject *name, const struct prshm_segment *stat);

/* The functions of the module, by file. */

/* segment.c, open.c */
extern PyType_Spec segment_spec;
PyObject *segment_new(
	const struct core_state *state, PRSharedMemory *handle, bool readonly, PyObject *name);
PyObject *core_open(PyObject *module, PyObject *arguments);
PyObject *core_open_many(PyObject *module, PyObject *arguments);

/* calls.c */
PyObject *core_stat(PyObject *module, PyObject *arguments);
PyObject *core_origin(PyObject *module, PyObject *arguments);
PyObject *core_explain(PyObject *module, PyObject *arguments);
PyObject *core_set_rights(PyObject *module, PyObject *arguments);
PyObject *core_set_owner(PyObject *module, PyObject *arguments);
PyObject *core_delete(PyObject *module, PyObject *arguments);

/* lists.c */
PyObject *core_list(PyObject *module, PyObject *arguments);
PyObject *core_holders(PyObject *module, PyObject *arguments);
PyObject *core_accounts(PyObject *module, PyObject *arguments);

/* status.c */
PyObject *core_status(PyObject *module, PyObject *arguments);
PyObject *core_broker(PyObject *module, PyObject *arguments);

/* watch.c */
extern PyType_Spec watch_spec;

#endif
