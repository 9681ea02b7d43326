/* SPDX-License-Identifier: MIT */
/*
 * Preloaded: counts the calls of a program and its libraries that the open path must not make, and
 * appends "NAME LIBRARY COUNT" to the file of $CALLS at the end. LIBRARY is who called, as its file
 * is named: libevent asks for the time in each turn of its loop, and that is not ours to forbid.
 */
#include <dlfcn.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <syslog.h>
#include <time.h>

#define COUNTED(X)                                                                                 \
	X(malloc)                                                                                  \
	X(calloc)                                                                                  \
	X(realloc)                                                                                 \
	X(reallocarray)                                                                            \
	X(clock_gettime)                                                                           \
	X(gettimeofday)                                                                            \
	X(time)                                                                                    \
	X(getpwnam)                                                                                \
	X(getpwuid)                                                                                \
	X(fprintf)                                                                                 \
	X(vfprintf)                                                                                \
	X(snprintf)                                                                                \
	X(vsnprintf)

enum counted {
#define X(name) COUNTED_##name,
	COUNTED(X)
#undef X
		COUNTED_END,
};

static const char *const names[] = {
#define X(name) #name,
	COUNTED(X)
#undef X
};

#define CALLERS_MAX 16

/* A library by the address it was loaded at: dladdr(3) is too dear for each call. */
static struct caller {
	const char *begin;
	const char *end;
	char file[64];
	unsigned long counts[COUNTED_END];
} callers[CALLERS_MAX];
static size_t caller_count;
static __thread int inside;

static struct caller *find_caller(const char *address)
{
	Dl_info info;

	for (size_t i = 0; i < caller_count; i++) {
		if (address >= callers[i].begin && address < callers[i].end)
			return &callers[i];
	}
	if (caller_count == CALLERS_MAX || !dladdr(address, &info) || !info.dli_fname)
		return &callers[0];
	for (size_t i = 0; i < caller_count; i++) {
		if (callers[i].begin == info.dli_fbase) {
			callers[i].end = address + 1; /* as far as it is known to reach */
			return &callers[i];
		}
	}
	callers[caller_count].begin = info.dli_fbase;
	callers[caller_count].end = address + 1;
	snprintf(callers[caller_count].file, sizeof(callers[0].file), "%s",
		strrchr(info.dli_fname, '/') ? strrchr(info.dli_fname, '/') + 1 : info.dli_fname);
	return &callers[caller_count++];
}

static void count(enum counted what, const void *address)
{
	if (inside++ == 0)
		find_caller(address)->counts[what]++;
	inside--;
}

#define REAL(name)                                                                                 \
	static __typeof__(name) *real;                                                             \
	if (!real) {                                                                               \
		void *found = dlsym(RTLD_NEXT, #name);                                             \
		memcpy(&real, &found, sizeof(found));                                              \
	}
#define COUNT(name) count(COUNTED_##name, __builtin_return_address(0))

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);

void *malloc(size_t size)
{
	COUNT(malloc);
	return __libc_malloc(size);
}

/* dlsym(3) itself calls it. */
void *calloc(size_t number, size_t size)
{
	COUNT(calloc);
	return __libc_calloc(number, size);
}

void *realloc(void *memory, size_t size)
{
	COUNT(realloc);
	return __libc_realloc(memory, size);
}

void *reallocarray(void *memory, size_t number, size_t size)
{
	REAL(reallocarray)
	COUNT(reallocarray);
	return real(memory, number, size);
}

int clock_gettime(clockid_t clock, struct timespec *out)
{
	REAL(clock_gettime)
	COUNT(clock_gettime);
	return real(clock, out);
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
	REAL(gettimeofday)
	COUNT(gettimeofday);
	return real(out, zone);
}

time_t time(time_t *out)
{
	REAL(time)
	COUNT(time);
	return real(out);
}

struct passwd *getpwnam(const char *name)
{
	REAL(getpwnam)
	COUNT(getpwnam);
	return real(name);
}

struct passwd *getpwuid(uid_t uid)
{
	REAL(getpwuid)
	COUNT(getpwuid);
	return real(uid);
}

/* What log lines, and paths in /proc, are made with. */
int vfprintf(FILE *restrict file, const char *restrict format, va_list arguments)
{
	REAL(vfprintf)
	COUNT(vfprintf);
	return real(file, format, arguments);
}

int vsnprintf(char *restrict out, size_t size, const char *restrict format, va_list arguments)
{
	REAL(vsnprintf)
	COUNT(vsnprintf);
	return real(out, size, format, arguments);
}

int fprintf(FILE *restrict file, const char *restrict format, ...)
{
	va_list arguments;
	int length;

	COUNT(fprintf);
	inside++;
	va_start(arguments, format);
	length = vfprintf(file, format, arguments);
	va_end(arguments);
	inside--;
	return length;
}

int snprintf(char *restrict out, size_t size, const char *restrict format, ...)
{
	va_list arguments;
	int length;

	COUNT(snprintf);
	inside++;
	va_start(arguments, format);
	length = vsnprintf(out, size, format, arguments);
	va_end(arguments);
	inside--;
	return length;
}

__attribute__((destructor)) static void tell(void)
{
	const char *path = getenv("CALLS");
	FILE *file;

	inside++;
	file = path ? fopen(path, "ae") : NULL;
	for (size_t i = 0; file && i < caller_count; i++) {
		for (size_t k = 0; k < COUNTED_END; k++) {
			if (callers[i].counts[k] > 0)
				fprintf(file, "%s %s %lu\n", names[k], callers[i].file,
					callers[i].counts[k]);
		}
	}
	if (file)
		fclose(file);
}
