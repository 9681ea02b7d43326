/* SPDX-License-Identifier: MIT */
/*
 * The type Watch: events of segments. One thread at a time takes them; another one may close the
 * watch, and so wakes the one that waits.
 */
#include "core.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "hold.h"

struct watch {
	PyObject_HEAD struct prshm_watcher *watch; /* owned by hold, as is: */
	int closing; /* an eventfd, readable when the watch is closed */
	struct hold hold;
	atomic_flag busy; /* a thread takes an event */
};

static struct watch *as_watch(PyObject *object)
{
	return (struct watch *)object;
}

static void end(struct watch *watch, bool was_last)
{
	if (!was_last)
		return;
	Py_BEGIN_ALLOW_THREADS prshm_watch_free(watch->watch);
	close(watch->closing);
	Py_END_ALLOW_THREADS
}

/* False: the watch is closed, and that is raised. */
static bool begin(struct watch *watch)
{
	if (hold_take(&watch->hold))
		return true;
	PyErr_SetString(PyExc_ValueError, "the watch is closed");
	return false;
}

/* Watch(prefix, events, flags) */
static PyObject *new (PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
	PyObject *prefix = NULL, *self;
	struct prshm_watcher *watch = NULL;
	unsigned int events, flags;
	enum prshm_result result;
	int closing;

	(void)keywords;
	if (!PyArg_ParseTuple(arguments, "O&O&I:Watch", convert_name, &prefix, convert_number,
		    &events, &flags))
		return NULL;
	self = ((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0);
	closing = self ? eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1;
	Py_BEGIN_ALLOW_THREADS result =
		closing < 0 ? PRSHM_NO_DESCRIPTOR
			    : prshm_watch(PyBytes_AsString(prefix), events, flags, &watch);
	Py_END_ALLOW_THREADS if (watch)
	{
		as_watch(self)->watch = watch;
		as_watch(self)->closing = closing;
		hold_init(&as_watch(self)->hold);
		atomic_flag_clear(&as_watch(self)->busy);
	}
	else if (self)
	{
		failure_raise(core_state_of(self), result, prefix);
		if (closing >= 0)
			close(closing);
		Py_CLEAR(self);
	}
	Py_DECREF(prefix);
	return self;
}

static PyObject *from_event(const struct prshm_event *event)
{
	PyObject *name = convert_from_name(event->name, event->name_length);

	if (!name)
		return NULL;
	return Py_BuildValue("INKKKIi", event->kind, name, (unsigned long long)event->time,
		(unsigned long long)event->segment, (unsigned long long)event->size,
		(unsigned int)event->uid, (int)event->pid);
}

/* next() -> tuple, or None: nothing has happened yet */
static PyObject *next(PyObject *self, PyObject *unused)
{
	struct watch *watch = as_watch(self);
	struct prshm_event event;
	enum prshm_result result;
	PyObject *answer = NULL;

	(void)unused;
	if (!begin(watch))
		return NULL;
	if (atomic_flag_test_and_set(&watch->busy)) {
		PyErr_SetString(PyExc_RuntimeError, "another thread takes events of this watch");
	} else {
		Py_BEGIN_ALLOW_THREADS result = prshm_watch_next(watch->watch, &event);
		Py_END_ALLOW_THREADS atomic_flag_clear(&watch->busy);
		if (result == PRSHM_OK)
			answer = from_event(&event);
		else if (result == PRSHM_AGAIN)
			answer = Py_NewRef(Py_None);
		else
			failure_raise(core_state_of(self), result, NULL);
	}
	end(watch, hold_drop(&watch->hold));
	return answer;
}

/*
 * wait(milliseconds) -> bool: whether next has something to say. -1: no limit. Also ends by a
 * close.
 */
static PyObject *wait(PyObject *self, PyObject *arguments)
{
	struct watch *watch = as_watch(self);
	struct pollfd polled[2] = {{.events = POLLIN}, {.events = POLLIN}};
	int milliseconds, count;

	if (!PyArg_ParseTuple(arguments, "i:wait", &milliseconds) || !begin(watch))
		return NULL;
	polled[0].fd = prshm_watch_fd(watch->watch);
	polled[1].fd = watch->closing;
	Py_BEGIN_ALLOW_THREADS count = poll(polled, 2, milliseconds);
	Py_END_ALLOW_THREADS end(watch, hold_drop(&watch->hold));
	if (count < 0 && PyErr_CheckSignals() < 0)
		return NULL;
	return PyBool_FromLong(count > 0 && polled[0].revents != 0);
}

static PyObject *get_fileno(PyObject *self, PyObject *unused)
{
	struct watch *watch = as_watch(self);
	int fd;

	(void)unused;
	if (!begin(watch))
		return NULL;
	fd = prshm_watch_fd(watch->watch);
	end(watch, hold_drop(&watch->hold));
	if (fd < 0)
		return failure_raise(core_state_of(self), PRSHM_INVALID, NULL);
	return PyLong_FromLong(fd);
}

static PyObject *close_watch(PyObject *self, PyObject *unused)
{
	struct watch *watch = as_watch(self);

	(void)unused;
	if (hold_take(&watch->hold)) {
		eventfd_write(watch->closing, 1);
		end(watch, hold_close(&watch->hold));
		end(watch, hold_drop(&watch->hold));
	}
	Py_RETURN_NONE;
}

static void dealloc(PyObject *self)
{
	struct watch *watch = as_watch(self);
	PyTypeObject *type = Py_TYPE(self);
	freefunc release_memory = (freefunc)PyType_GetSlot(type, Py_tp_free);

	if (watch->watch)
		end(watch, hold_close(&watch->hold));
	release_memory(self);
	Py_DECREF(type);
}

static PyMethodDef methods[] = {
	{"next", next, METH_NOARGS, "The next event, or None."},
	{"wait", wait, METH_VARARGS, "Wait for one."},
	{"fileno", get_fileno, METH_NOARGS, "A descriptor to poll."},
	{"close", close_watch, METH_NOARGS, "End the watch."},
	{NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
	{Py_tp_new, new},
	{Py_tp_dealloc, dealloc},
	{Py_tp_methods, methods},
	{0, NULL},
};

PyType_Spec watch_spec = {
	.name = "prshm._core.Watch",
	.basicsize = sizeof(struct watch),
	.flags = Py_TPFLAGS_DEFAULT,
	.slots = slots,
};
