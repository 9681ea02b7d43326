/* SPDX-License-Identifier: MIT */
/* Values of Python to those of the library, and back. */
#include "core.h"

/*
 * Names are bytes. As paths in Python: what is not UTF-8 is in lone surrogates, U+DC80 to U+DCFF.
 * Always UTF-8, whatever the locale is: two processes must mean the same segment.
 */
static const char *const ENCODING = "utf-8", *const ERRORS = "surrogateescape";

int convert_name(PyObject *given, void *out)
{
	PyObject **bytes = out;
	char *text;

	if (!given) { /* an argument behind this one was wrong */
		Py_CLEAR(*bytes);
		return 1;
	}
	if (!PyUnicode_Check(given)) {
		PyErr_SetString(PyExc_TypeError, "a segment's name is a str");
		return 0;
	}
	*bytes = PyUnicode_AsEncodedString(given, ENCODING, ERRORS);
	if (!*bytes)
		return 0;
	if (PyBytes_AsStringAndSize(*bytes, &text, NULL) < 0) { /* a NUL is a ValueError */
		Py_CLEAR(*bytes);
		return 0;
	}
	return Py_CLEANUP_SUPPORTED;
}

int convert_number(PyObject *given, void *out)
{
	const unsigned long number = PyLong_AsUnsignedLong(given);

	if (PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_OverflowError))
		return 0;
	if (PyErr_Occurred() || number > UINT_MAX) {
		PyErr_Clear();
		PyErr_Format(PyExc_ValueError, "%R is not a number from 0 to %u", given, UINT_MAX);
		return 0;
	}
	*(unsigned int *)out = (unsigned int)number;
	return 1;
}

PyObject *convert_from_name(const char *name, size_t length)
{
	return PyUnicode_Decode(name, (Py_ssize_t)length, ENCODING, ERRORS);
}

bool convert_rights(unsigned int mode, PyObject *entries, struct prshm_rights *out)
{
	const Py_ssize_t count = PyTuple_Size(entries);

	if (count < 0)
		return false;
	*out = (struct prshm_rights){.mode = (mode_t)mode, .entry_count = (size_t)count};
	/* More are refused by the library, which looks at the count first. */
	for (Py_ssize_t i = 0; i < count && i < PRSHM_ENTRIES_MAX; i++) {
		struct prshm_entry *entry = &out->entries[i];
		PyObject *given = PyTuple_GetItem(entries, i);
		unsigned int kind;

		if (!given || !PyArg_ParseTuple(given, "O&O&O&", convert_number, &kind,
				      convert_number, &entry->id, convert_number, &entry->rights))
			return false;
		entry->kind = (enum prshm_kind)kind;
	}
	return true;
}

static PyObject *from_entries(const struct prshm_rights *rights)
{
	const size_t count = rights->entry_count <= PRSHM_ENTRIES_MAX ? rights->entry_count : 0;
	PyObject *tuple = PyTuple_New((Py_ssize_t)count);

	for (size_t i = 0; tuple && i < count; i++) {
		const struct prshm_entry *entry = &rights->entries[i];
		PyObject *item =
			Py_BuildValue("III", (unsigned int)entry->kind, entry->id, entry->rights);

		if (!item || PyTuple_SetItem(tuple, (Py_ssize_t)i, item) < 0)
			Py_CLEAR(tuple);
	}
	return tuple;
}

PyObject *convert_from_stat(PyObject *name, const struct prshm_segment *stat)
{
	PyObject *entries = from_entries(&stat->rights);

	if (!entries)
		return NULL;
	return Py_BuildValue("OKKKKIIINIIIIIK", name, (unsigned long long)stat->size,
		(unsigned long long)stat->used, (unsigned long long)stat->created,
		(unsigned long long)stat->opened, (unsigned int)stat->uid, (unsigned int)stat->gid,
		(unsigned int)stat->rights.mode, entries, (unsigned int)stat->rights.entry_count,
		(unsigned int)stat->lifetime, (unsigned int)stat->linger,
		(unsigned int)stat->holders, stat->flags, (unsigned long long)stat->number);
}
