/* SPDX-License-Identifier: MIT */
/* Results to exceptions. Which class a result has is said in Python: prshm/_errors.py. */
#include "core.h"

PyObject *failure_new(const struct core_state *state, enum prshm_result result, PyObject *name)
{
	const char *bytes = name ? PyBytes_AsString(name) : NULL;
	PyObject *text = name ? convert_from_name(bytes, strlen(bytes)) : Py_NewRef(Py_None);
	PyObject *error;

	if (!text)
		return NULL;
	error = PyObject_CallFunction(state->error_for, "issO", (int)result, prshm_strerror(result),
		prshm_error_text(), text);
	Py_DECREF(text);
	return error;
}

PyObject *failure_raise(const struct core_state *state, enum prshm_result result, PyObject *name)
{
	PyObject *error = failure_new(state, result, name);

	if (error) {
		PyErr_SetObject((PyObject *)Py_TYPE(error), error);
		Py_DECREF(error);
	}
	return NULL;
}

PyObject *failure_or_none(const struct core_state *state, enum prshm_result result, PyObject *name)
{
	return result == PRSHM_OK ? Py_NewRef(Py_None) : failure_raise(state, result, name);
}
