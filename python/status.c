/* SPDX-License-Identifier: MIT */
/* The broker: how the broker is, and which one this process talks to. */
#include "core.h"

#include <stddef.h>

#define FIELD(name)                                                                                \
	{                                                                                          \
#name, offsetof(struct prshm_broker_status, name),                                 \
			sizeof(((struct prshm_broker_status *)NULL)->name)                         \
	}

/* The numbers of a status, by the names that they have in the header. */
static const struct {
	const char *name;
	size_t offset;
	size_t size;
} fields[] = {
	FIELD(started),
	FIELD(restarts),
	FIELD(keeper),
	FIELD(handed),
	FIELD(segments),
	FIELD(bytes),
	FIELD(connections),
	FIELD(handles),
	FIELD(users),
	FIELD(opens),
	FIELD(creations),
	FIELD(deletions),
	FIELD(closes),
	FIELD(denials),
	FIELD(expiries),
	FIELD(accepted),
	FIELD(ended),
	FIELD(records),
	FIELD(compactions),
	FIELD(watches_used),
	FIELD(segments_limit),
	FIELD(bytes_limit),
	FIELD(connections_limit),
	FIELD(handles_limit),
	FIELD(handles_used),
	FIELD(watches_limit),
	FIELD(pid),
	FIELD(uid),
};

/* Takes value. */
static bool put(PyObject *dictionary, const char *name, PyObject *value)
{
	const bool good = value && PyDict_SetItemString(dictionary, name, value) == 0;

	Py_XDECREF(value);
	return good;
}

static bool put_fields(PyObject *dictionary, const struct prshm_broker_status *status)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const char *field = (const char *)status + fields[i].offset;
		unsigned long long number;

		if (fields[i].size == sizeof(uint32_t))
			number = *(const uint32_t *)(const void *)field;
		else
			number = *(const uint64_t *)(const void *)field;
		if (!put(dictionary, fields[i].name, PyLong_FromUnsignedLongLong(number)))
			return false;
	}
	return true;
}

/* How many were done of each operation that this library can name. */
static PyObject *from_requests(const struct prshm_broker_status *status)
{
	PyObject *requests = PyDict_New();

	for (unsigned int op = 1; requests && op < PRSHM_OPS_MAX; op++) {
		const char *name = prshm_op_name(op);

		if (name && !put(requests, name, PyLong_FromUnsignedLongLong(status->requests[op])))
			Py_CLEAR(requests);
	}
	return requests;
}

/* By number of the resource; 0 is none. */
static PyObject *from_refusals(const struct prshm_broker_status *status)
{
	PyObject *refusals = PyTuple_New(PRSHM_RESOURCES_MAX);

	for (int i = 0; refusals && i < PRSHM_RESOURCES_MAX; i++) {
		PyObject *count = PyLong_FromUnsignedLongLong(status->refusals[i]);

		if (!count || PyTuple_SetItem(refusals, i, count) < 0)
			Py_CLEAR(refusals);
	}
	return refusals;
}

/* status() -> dict */
PyObject *core_status(PyObject *module, PyObject *unused)
{
	struct prshm_broker_status status;
	enum prshm_result result;
	PyObject *dictionary;

	(void)unused;
	Py_BEGIN_ALLOW_THREADS result = prshm_status(&status);
	Py_END_ALLOW_THREADS if (result != PRSHM_OK) return failure_raise(
		core_state(module), result, NULL);
	dictionary = PyDict_New();
	if (dictionary && !(put(dictionary, "version", PyUnicode_FromString(status.version)) &&
				  put(dictionary, "requests", from_requests(&status)) &&
				  put(dictionary, "refusals", from_refusals(&status)) &&
				  put_fields(dictionary, &status)))
		Py_CLEAR(dictionary);
	return dictionary;
}

/* broker() -> (path, choice) */
PyObject *core_broker(PyObject *module, PyObject *unused)
{
	struct prshm_place place;
	enum prshm_result result;

	(void)unused;
	Py_BEGIN_ALLOW_THREADS result = prshm_broker(&place);
	Py_END_ALLOW_THREADS if (result != PRSHM_OK) return failure_raise(
		core_state(module), result, NULL);
	return Py_BuildValue(
		"NI", PyUnicode_DecodeFSDefault(place.path), (unsigned int)place.choice);
}
