/* SPDX-License-Identifier: MIT */
/* Opens segments and maps them. */
#include "core.h"

/* A segment that this call has made, and that cannot be mapped, is of no use to anybody. */
static void take_back(const char *name, unsigned int flags)
{
	const unsigned int made = PRSHM_CREATE | PRSHM_EXCL;

	Py_BEGIN_ALLOW_THREADS if ((flags & made) == made) prshm_delete(name);
	Py_END_ALLOW_THREADS
}

/* open(name, flags, size, mode, entries, lifetime, linger) -> Segment */
PyObject *core_open(PyObject *module, PyObject *arguments)
{
	const struct core_state *state = core_state(module);
	struct prshm_options options = {.flags = 0};
	unsigned int mode, lifetime;
	PyObject *name = NULL, *entries, *segment = NULL;
	PRSharedMemory *handle;
	enum prshm_result result;
	Py_ssize_t size;

	if (!PyArg_ParseTuple(arguments, "O&InIO!II:open", convert_name, &name, &options.flags,
		    &size, &mode, &PyTuple_Type, &entries, &lifetime, &options.linger))
		return NULL;
	if (!convert_rights(mode, entries, &options.rights))
		goto out;
	options.size = (size_t)size;
	options.lifetime = (enum prshm_lifetime)lifetime;
	Py_BEGIN_ALLOW_THREADS result = prshm_open(PyBytes_AsString(name), &options, &handle);
	Py_END_ALLOW_THREADS if (result != PRSHM_OK)
	{
		failure_raise(state, result, name);
		goto out;
	}
	segment = segment_new(state, handle, options.flags & PRSHM_READONLY, name);
	if (!segment)
		take_back(PyBytes_AsString(name), options.flags);
out:
	Py_DECREF(name);
	return segment;
}

/* Takes NULL. */
static void close_handle(PRSharedMemory *handle)
{
	Py_BEGIN_ALLOW_THREADS PR_CloseSharedMemory(handle);
	Py_END_ALLOW_THREADS
}

/* The exception that is set, which is then no longer set. */
static PyObject *take_exception(void)
{
	PyObject *type, *exception, *traceback;

	PyErr_Fetch(&type, &exception, &traceback);
	PyErr_NormalizeException(&type, &exception, &traceback);
	Py_XDECREF(type);
	Py_XDECREF(traceback);
	return exception;
}

/* Replaces each name of the list by a Segment, or by the exception that tells why there is none. */
static bool take_opened(const struct core_state *state, PyObject *names, bool readonly,
	PRSharedMemory **handles, const enum prshm_result *results)
{
	const Py_ssize_t count = PyList_Size(names);
	bool good = true;

	for (Py_ssize_t i = 0; i < count; i++) {
		PyObject *name = PyList_GetItem(names, i), *item = NULL;

		if (!good) {
			close_handle(handles[i]);
			continue;
		}
		if (results[i] == PRSHM_OK) {
			item = segment_new(state, handles[i], readonly, name);
			item = item ? item : take_exception();
		} else {
			item = failure_new(state, results[i], name);
		}
		good = item && PyList_SetItem(names, i, item) == 0;
	}
	return good;
}

/* A list of bytes of the names in a tuple of str. */
static PyObject *take_names(PyObject *given, const char *texts[PRSHM_MANY_MAX])
{
	const Py_ssize_t count = PyTuple_Size(given);
	PyObject *names;

	if (count > PRSHM_MANY_MAX) {
		PyErr_SetString(PyExc_ValueError, "too many names in one call");
		return NULL;
	}
	names = PyList_New(0);
	for (Py_ssize_t i = 0; names && i < count; i++) {
		PyObject *name = NULL;

		if (!convert_name(PyTuple_GetItem(given, i), &name) ||
			PyList_Append(names, name) < 0)
			Py_CLEAR(names);
		else
			texts[i] = PyBytes_AsString(name);
		Py_XDECREF(name);
	}
	return names;
}

/* open_many(names, readonly) -> list of Segment or exception */
PyObject *core_open_many(PyObject *module, PyObject *arguments)
{
	const struct core_state *state = core_state(module);
	const char *texts[PRSHM_MANY_MAX];
	PRSharedMemory *handles[PRSHM_MANY_MAX] = {NULL};
	enum prshm_result results[PRSHM_MANY_MAX], result;
	struct prshm_options options = {.flags = 0};
	PyObject *given, *names;
	int readonly;

	if (!PyArg_ParseTuple(arguments, "O!p:open_many", &PyTuple_Type, &given, &readonly))
		return NULL;
	names = take_names(given, texts);
	if (!names)
		return NULL;
	options.flags = readonly ? PRSHM_READONLY : 0;
	Py_BEGIN_ALLOW_THREADS result =
		prshm_open_many(texts, (size_t)PyTuple_Size(given), &options, handles, results);
	Py_END_ALLOW_THREADS if (result != PRSHM_OK) failure_raise(state, result, NULL);
	if (result != PRSHM_OK || !take_opened(state, names, readonly, handles, results))
		Py_CLEAR(names);
	return names;
}
