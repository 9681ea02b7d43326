/* SPDX-License-Identifier: MIT */
/* The module prshm._core: its functions, its types, and its state, one for each interpreter. */
#include "core.h"

/* Slots that are newer than the limited API of 3.11, by their numbers in the stable ABI. */
#define SLOT_MULTIPLE_INTERPRETERS 3 /* from 3.12 on; its value: */
#define PER_INTERPRETER_LOCK       ((void *)2)
#define SLOT_LOCK                  4 /* from 3.13 on; its value: */
#define LOCK_NOT_USED              ((void *)1)

static PyModuleDef definition;

struct core_state *core_state(PyObject *module)
{
	return PyModule_GetState(module);
}

struct core_state *core_state_of(PyObject *object)
{
	return PyType_GetModuleState(Py_TYPE(object));
}

static PyTypeObject *add_type(PyObject *module, PyType_Spec *spec)
{
	PyTypeObject *type = (PyTypeObject *)PyType_FromModuleAndSpec(module, spec, NULL);

	if (type && PyModule_AddType(module, type) < 0)
		Py_CLEAR(type);
	return type;
}

static PyObject *find_error_for(void)
{
	PyObject *errors = PyImport_ImportModule("prshm._errors");
	PyObject *function = errors ? PyObject_GetAttrString(errors, "error_for") : NULL;

	Py_XDECREF(errors);
	return function;
}

static int execute(PyObject *module)
{
	struct core_state *state = core_state(module);

	state->error_for = find_error_for();
	state->segment_type = state->error_for ? add_type(module, &segment_spec) : NULL;
	state->watch_type = state->segment_type ? add_type(module, &watch_spec) : NULL;
	return state->watch_type ? 0 : -1;
}

static int traverse(PyObject *module, visitproc visit, void *arg)
{
	struct core_state *state = core_state(module);

	Py_VISIT(state->segment_type);
	Py_VISIT(state->watch_type);
	Py_VISIT(state->error_for);
	return 0;
}

static int clear(PyObject *module)
{
	struct core_state *state = core_state(module);

	Py_CLEAR(state->segment_type);
	Py_CLEAR(state->watch_type);
	Py_CLEAR(state->error_for);
	return 0;
}

static void free_module(void *module)
{
	clear(module);
}

static PyMethodDef functions[] = {
	{"open", core_open, METH_VARARGS, NULL},
	{"open_many", core_open_many, METH_VARARGS, NULL},
	{"stat", core_stat, METH_VARARGS, NULL},
	{"origin", core_origin, METH_VARARGS, NULL},
	{"explain", core_explain, METH_VARARGS, NULL},
	{"set_rights", core_set_rights, METH_VARARGS, NULL},
	{"set_owner", core_set_owner, METH_VARARGS, NULL},
	{"delete", core_delete, METH_VARARGS, NULL},
	{"list", core_list, METH_VARARGS, NULL},
	{"holders", core_holders, METH_VARARGS, NULL},
	{"accounts", core_accounts, METH_VARARGS, NULL},
	{"status", core_status, METH_NOARGS, NULL},
	{"broker", core_broker, METH_NOARGS, NULL},
	{NULL, NULL, 0, NULL},
};

/* The last ones are filled in by what runs this, and end the list where they are not known. */
static PyModuleDef_Slot slots[] = {
	{Py_mod_exec, execute},
	{0, NULL},
	{0, NULL},
	{0, NULL},
};

static PyModuleDef definition = {
	PyModuleDef_HEAD_INIT,
	.m_name = "prshm._core",
	.m_doc = "The calls of libprshm-client. Private: the package prshm is made of them.",
	.m_size = sizeof(struct core_state),
	.m_methods = functions,
	.m_slots = slots,
	.m_traverse = traverse,
	.m_clear = clear,
	.m_free = free_module,
};

PyMODINIT_FUNC PyInit__core(void)
{
	if (Py_Version >= 0x030C0000)
		slots[1] = (PyModuleDef_Slot){SLOT_MULTIPLE_INTERPRETERS, PER_INTERPRETER_LOCK};
	if (Py_Version >= 0x030D0000)
		slots[2] = (PyModuleDef_Slot){SLOT_LOCK, LOCK_NOT_USED};
	return PyModuleDef_Init(&definition);
}
