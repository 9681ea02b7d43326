/* SPDX-License-Identifier: MIT */
/* Calls about one segment, by its name. */
#include "core.h"

#define EXPLANATION_MAX 1024 /* bytes; the longest that the broker tells is shorter */

/* stat(name) -> tuple */
PyObject *core_stat(PyObject *module, PyObject *arguments)
{
	struct prshm_segment stat;
	enum prshm_result result;
	PyObject *given, *name = NULL, *tuple = NULL;

	if (!PyArg_ParseTuple(arguments, "O:stat", &given) || !convert_name(given, &name))
		return NULL;
	Py_BEGIN_ALLOW_THREADS result = prshm_stat(PyBytes_AsString(name), &stat);
	Py_END_ALLOW_THREADS if (result == PRSHM_OK) tuple = convert_from_stat(given, &stat);
	else failure_raise(core_state(module), result, name);
	Py_DECREF(name);
	return tuple;
}

/* origin(number) -> tuple */
PyObject *core_origin(PyObject *module, PyObject *arguments)
{
	struct prshm_actors actors;
	unsigned long long number;
	enum prshm_result result;

	if (!PyArg_ParseTuple(arguments, "K:origin", &number))
		return NULL;
	Py_BEGIN_ALLOW_THREADS result = prshm_origin(number, &actors);
	Py_END_ALLOW_THREADS if (result != PRSHM_OK) return failure_raise(
		core_state(module), result, NULL);
	return Py_BuildValue("IiIi", (unsigned int)actors.creator_uid, (int)actors.creator_pid,
		(unsigned int)actors.opener_uid, (int)actors.opener_pid);
}

/* Fills in groups, of which there are *count. False: an exception is set. */
static bool take_groups(PyObject *given, gid_t groups[PRSHM_GROUPS_MAX], size_t *count)
{
	*count = (size_t)PyTuple_Size(given);
	/* More are refused by the library, which looks at the count first. */
	for (size_t i = 0; i < *count && i < PRSHM_GROUPS_MAX; i++) {
		PyObject *group = PyTuple_GetItem(given, (Py_ssize_t)i);

		groups[i] = (gid_t)PyLong_AsUnsignedLong(group);
		if (PyErr_Occurred())
			return false;
	}
	return true;
}

/* explain(name, right, (uid, gid, groups) or None) -> (allowed, text) */
PyObject *core_explain(PyObject *module, PyObject *arguments)
{
	PyObject *name = NULL, *given, *list, *answer = NULL;
	gid_t groups[PRSHM_GROUPS_MAX];
	struct prshm_user user = {.groups = groups};
	char text[EXPLANATION_MAX] = "";
	enum prshm_result result;
	unsigned int right;
	bool allowed = false, other;

	if (!PyArg_ParseTuple(arguments, "O&O&O:explain", convert_name, &name, convert_number,
		    &right, &given))
		return NULL;
	other = given != Py_None;
	if (other &&
		(!PyArg_ParseTuple(given, "IIO!", &user.uid, &user.gid, &PyTuple_Type, &list) ||
			!take_groups(list, groups, &user.group_count)))
		goto out;
	Py_BEGIN_ALLOW_THREADS if (other) result = prshm_explain_for(
		PyBytes_AsString(name), right, &user, &allowed, text, sizeof(text));
	else result = prshm_explain(PyBytes_AsString(name), right, &allowed, text, sizeof(text));
	Py_END_ALLOW_THREADS if (result == PRSHM_OK) answer = Py_BuildValue(
		"NN", PyBool_FromLong(allowed), convert_from_name(text, strlen(text)));
	else failure_raise(core_state(module), result, name);
out:
	Py_DECREF(name);
	return answer;
}

/* set_rights(name, mode, entries) */
PyObject *core_set_rights(PyObject *module, PyObject *arguments)
{
	PyObject *name = NULL, *entries, *answer = NULL;
	struct prshm_rights rights;
	enum prshm_result result;
	unsigned int mode;

	if (!PyArg_ParseTuple(arguments, "O&IO!:set_rights", convert_name, &name, &mode,
		    &PyTuple_Type, &entries))
		return NULL;
	if (convert_rights(mode, entries, &rights)) {
		Py_BEGIN_ALLOW_THREADS result = prshm_set_rights(PyBytes_AsString(name), &rights);
		Py_END_ALLOW_THREADS answer = failure_or_none(core_state(module), result, name);
	}
	Py_DECREF(name);
	return answer;
}

/* set_owner(name, uid, gid) */
PyObject *core_set_owner(PyObject *module, PyObject *arguments)
{
	PyObject *name = NULL, *answer;
	enum prshm_result result;
	unsigned int uid, gid;

	if (!PyArg_ParseTuple(arguments, "O&II:set_owner", convert_name, &name, &uid, &gid))
		return NULL;
	Py_BEGIN_ALLOW_THREADS result = prshm_set_owner(PyBytes_AsString(name), uid, gid);
	Py_END_ALLOW_THREADS answer = failure_or_none(core_state(module), result, name);
	Py_DECREF(name);
	return answer;
}

/* delete(name) */
PyObject *core_delete(PyObject *module, PyObject *arguments)
{
	PyObject *name = NULL, *answer;
	enum prshm_result result;

	if (!PyArg_ParseTuple(arguments, "O&:delete", convert_name, &name))
		return NULL;
	Py_BEGIN_ALLOW_THREADS result = prshm_delete(PyBytes_AsString(name));
	Py_END_ALLOW_THREADS answer = failure_or_none(core_state(module), result, name);
	Py_DECREF(name);
	return answer;
}
