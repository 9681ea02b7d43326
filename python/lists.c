/* SPDX-License-Identifier: MIT */
/* Lists: of segments, of the holders of one of them, of accounts. */
#include "core.h"

/*
 * What the library calls for each item: without the interpreter's lock, which is in thread
 * meanwhile.
 */
struct collector {
	PyObject *list;
	PyThreadState *thread;
};

/* Takes item; NULL: an exception is set. False ends the list. */
static bool append(struct collector *collector, PyObject *item)
{
	if (!item || PyList_Append(collector->list, item) < 0)
		Py_CLEAR(collector->list);
	Py_XDECREF(item);
	return collector->list != NULL;
}

/*
 * Lets go of the interpreter's lock until collected(). False: an exception is set, and the lock is
 * held.
 */
static bool begin(struct collector *collector)
{
	collector->list = PyList_New(0);
	if (!collector->list)
		return false;
	collector->thread = PyEval_SaveThread();
	return true;
}

/* The list, or NULL with an exception set. */
static PyObject *collected(
	struct collector *collector, PyObject *module, enum prshm_result result, PyObject *name)
{
	PyEval_RestoreThread(collector->thread);
	if (collector->list && result != PRSHM_OK) {
		failure_raise(core_state(module), result, name);
		Py_CLEAR(collector->list);
	}
	return collector->list;
}

static bool take_segment(void *context, const char *name, const struct prshm_segment *stat)
{
	struct collector *collector = context;
	PyObject *text, *item;
	bool goes_on;

	PyEval_RestoreThread(collector->thread);
	text = convert_from_name(name, strlen(name));
	item = text ? convert_from_stat(text, stat) : NULL;
	Py_XDECREF(text);
	goes_on = append(collector, item);
	collector->thread = PyEval_SaveThread();
	return goes_on;
}

/*
 * list(prefix) -> list of what stat gives. A list has no entries of rights, only their number; here
 * an empty tuple stands for them.
 */
PyObject *core_list(PyObject *module, PyObject *arguments)
{
	struct collector collector;
	enum prshm_result result;
	PyObject *prefix = NULL, *list = NULL;

	if (!PyArg_ParseTuple(arguments, "O&:list", convert_name, &prefix))
		return NULL;
	if (begin(&collector)) {
		result = prshm_list(PyBytes_AsString(prefix), take_segment, &collector);
		list = collected(&collector, module, result, prefix);
	}
	Py_DECREF(prefix);
	return list;
}

static bool take_holder(void *context, const struct prshm_holder *holder)
{
	struct collector *collector = context;
	bool goes_on;

	PyEval_RestoreThread(collector->thread);
	goes_on = append(collector,
		Py_BuildValue("iIIKKI", (int)holder->pid, (unsigned int)holder->uid, holder->access,
			(unsigned long long)holder->since, (unsigned long long)holder->connection,
			(unsigned int)holder->handle));
	collector->thread = PyEval_SaveThread();
	return goes_on;
}

/* holders(number) -> list of tuples */
PyObject *core_holders(PyObject *module, PyObject *arguments)
{
	struct collector collector;
	enum prshm_result result;
	unsigned long long number;

	if (!PyArg_ParseTuple(arguments, "K:holders", &number))
		return NULL;
	if (!begin(&collector))
		return NULL;
	result = prshm_holders(number, take_holder, &collector);
	return collected(&collector, module, result, NULL);
}

/* (used, limit, kind) of each resource that the broker knows, by number. */
static PyObject *from_usage(const struct prshm_account *account)
{
	PyObject *usage = PyDict_New();

	for (int i = 0; usage && i < PRSHM_RESOURCES_MAX; i++) {
		const struct prshm_usage *one = &account->usage[i];
		PyObject *number, *value;

		if (one->kind == 0)
			continue;
		number = PyLong_FromLong(i);
		value = Py_BuildValue("KKI", (unsigned long long)one->used,
			(unsigned long long)one->limit, (unsigned int)one->kind);
		if (!number || !value || PyDict_SetItem(usage, number, value) < 0)
			Py_CLEAR(usage);
		Py_XDECREF(number);
		Py_XDECREF(value);
	}
	return usage;
}

static bool take_account(void *context, const struct prshm_account *account)
{
	struct collector *collector = context;
	PyObject *usage;
	bool goes_on;

	PyEval_RestoreThread(collector->thread);
	usage = from_usage(account);
	goes_on = append(collector, usage ? Py_BuildValue("IKN", (unsigned int)account->uid,
						    (unsigned long long)account->principal, usage)
					  : NULL);
	collector->thread = PyEval_SaveThread();
	return goes_on;
}

/* accounts(uid) -> list of tuples */
PyObject *core_accounts(PyObject *module, PyObject *arguments)
{
	struct collector collector;
	enum prshm_result result;
	unsigned int uid;

	if (!PyArg_ParseTuple(arguments, "I:accounts", &uid))
		return NULL;
	if (!begin(&collector))
		return NULL;
	result = prshm_accounts(uid, take_account, &collector);
	return collected(&collector, module, result, NULL);
}
