/* SPDX-License-Identifier: MIT */
/*
 * The type Segment: a handle, and the mapping of all its memory. A segment gives its memory away as
 * a buffer, and each view of that keeps the segment. So the mapping goes with the last view, and
 * never before: an array that outlives what it was made of is as good as before. The handle may go
 * earlier, by release().
 */
#include "core.h"
#include "hold.h"

struct segment {
	PyObject_HEAD PRSharedMemory *handle; /* owned by hold */
	void *address;                        /* owned: of an attachment */
	Py_ssize_t size;                      /* bytes */
	int readonly;
	struct hold hold; /* of handle */
};

static struct segment *as_segment(PyObject *object)
{
	return (struct segment *)object;
}

/* What the first of NSPR's calls says, in the words of all others. */
static enum prshm_result attach_result(void)
{
	switch (PR_GetError()) {
	case PR_NO_ACCESS_RIGHTS_ERROR:
		return PRSHM_DENIED;
	case PR_OUT_OF_MEMORY_ERROR:
		return PRSHM_NO_MEMORY;
	case PR_PROC_DESC_TABLE_FULL_ERROR:
	case PR_SYS_DESC_TABLE_FULL_ERROR:
		return PRSHM_NO_DESCRIPTOR;
	case PR_FILE_NOT_FOUND_ERROR:
		return PRSHM_NOT_FOUND;
	case PR_CONNECT_REFUSED_ERROR:
		return PRSHM_NO_BROKER;
	case PR_IO_TIMEOUT_ERROR:
		return PRSHM_TIMEOUT;
	default:
		return PRSHM_BROKEN;
	}
}

/* Takes the handle, also when there is an exception. */
PyObject *segment_new(
	const struct core_state *state, PRSharedMemory *handle, bool readonly, PyObject *name)
{
	enum prshm_result result = PRSHM_OK;
	allocfunc allocate = (allocfunc)PyType_GetSlot(state->segment_type, Py_tp_alloc);
	PyObject *self = allocate(state->segment_type, 0);
	void *address = NULL;

	Py_BEGIN_ALLOW_THREADS if (self) address =
		PR_AttachSharedMemory(handle, readonly ? PR_SHM_READONLY : 0);
	if (!address) {
		result = attach_result();
		PR_CloseSharedMemory(handle);
	}
	Py_END_ALLOW_THREADS if (!self) return NULL;
	if (!address) {
		/* Closed from its birth: what frees it has nothing to do. */
		Py_DECREF(self);
		return failure_raise(state, result, name);
	}
	as_segment(self)->handle = handle;
	as_segment(self)->address = address;
	as_segment(self)->size = (Py_ssize_t)prshm_size(handle);
	as_segment(self)->readonly = readonly;
	hold_init(&as_segment(self)->hold);
	return self;
}

/* The handle goes with its last user. */
static void end(struct segment *segment, bool was_last)
{
	if (!was_last)
		return;
	Py_BEGIN_ALLOW_THREADS PR_CloseSharedMemory(segment->handle);
	Py_END_ALLOW_THREADS
}

static PyObject *release(PyObject *self, PyObject *unused)
{
	(void)unused;
	end(as_segment(self), hold_close(&as_segment(self)->hold));
	Py_RETURN_NONE;
}

static PyObject *get_fileno(PyObject *self, PyObject *unused)
{
	struct segment *segment = as_segment(self);
	int fd;

	(void)unused;
	if (!hold_take(&segment->hold)) {
		PyErr_SetString(PyExc_ValueError, "the segment is closed");
		return NULL;
	}
	Py_BEGIN_ALLOW_THREADS fd = prshm_fd(segment->handle);
	Py_END_ALLOW_THREADS end(segment, hold_drop(&segment->hold));
	if (fd < 0)
		return failure_raise(core_state_of(self), PRSHM_NO_DESCRIPTOR, NULL);
	return PyLong_FromLong(fd);
}

static PyObject *view(PyObject *self, PyObject *unused)
{
	(void)unused;
	return PyMemoryView_FromObject(self);
}

static int get_buffer(PyObject *self, Py_buffer *buffer, int flags)
{
	const struct segment *segment = as_segment(self);

	return PyBuffer_FillInfo(
		buffer, self, segment->address, segment->size, segment->readonly, flags);
}

/*
 * The mapping goes first. Who lets go of deleted memory last frees all its pages: let that be the
 * broker, which has a thread for it.
 */
static void dealloc(PyObject *self)
{
	struct segment *segment = as_segment(self);
	PyTypeObject *type = Py_TYPE(self);
	freefunc release_memory = (freefunc)PyType_GetSlot(type, Py_tp_free);

	if (segment->address) {
		Py_BEGIN_ALLOW_THREADS PR_DetachSharedMemory(NULL, segment->address);
		Py_END_ALLOW_THREADS end(segment, hold_close(&segment->hold));
	}
	release_memory(self);
	Py_DECREF(type);
}

static PyMethodDef methods[] = {
	{"view", view, METH_NOARGS, "A memoryview of all the memory; it keeps the segment."},
	{"release", release, METH_NOARGS, "Give the handle back; views stay."},
	{"fileno", get_fileno, METH_NOARGS, "The handle's descriptor."},
	{NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
	{Py_tp_dealloc, dealloc},
	{Py_tp_methods, methods},
	{Py_bf_getbuffer, get_buffer},
	{0, NULL},
};

PyType_Spec segment_spec = {
	.name = "prshm._core.Segment",
	.basicsize = sizeof(struct segment),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
	.slots = slots,
};
