/* SPDX-License-Identifier: MIT */
/*
 * NSPR's basic types and macros, as its prtypes.h and prcpucfg.h have them on Linux: the same
 * names, sizes and underlying C types, so that objects compiled against either link together.
 * Not here: the names of NSPR 1.0 (int32, uint8, ...) and what serves platforms other than Linux.
 *
 * Where NSPR's own headers are searched too, its prtypes.h is the one: NSPR's other headers need
 * all that it has.
 */
#if !defined(PRSHM_PRTYPES_H) && !defined(prtypes_h___) && defined(__has_include)
#if __has_include(<prcpucfg.h>) /* NSPR's */
#if __has_include_next(<prtypes.h>)
#include_next <prtypes.h>
#else /* NSPR's are searched first, and this file came by its path */
#include <prtypes.h>
#endif
#endif
#endif

#if !defined(PRSHM_PRTYPES_H) && !defined(prtypes_h___)
#define PRSHM_PRTYPES_H
#define prtypes_h___ /* as NSPR's own */

#include <stddef.h>

/* The platform, for programs that ask with #ifdef. */
#ifndef XP_UNIX
#define XP_UNIX
#endif
#ifndef LINUX
#define LINUX
#endif
#ifndef HAVE_LONG_LONG
#define HAVE_LONG_LONG
#endif

/* A program may define one of the two itself; the compiler knows better. */
#undef IS_LITTLE_ENDIAN
#undef IS_BIG_ENDIAN
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define IS_LITTLE_ENDIAN 1
#else
#define IS_BIG_ENDIAN 1
#endif

#if __SIZEOF_LONG__ == 8
#define IS_64
#endif

#define PR_BYTES_PER_BYTE   1
#define PR_BYTES_PER_SHORT  __SIZEOF_SHORT__
#define PR_BYTES_PER_INT    __SIZEOF_INT__
#define PR_BYTES_PER_INT64  8
#define PR_BYTES_PER_LONG   __SIZEOF_LONG__
#define PR_BYTES_PER_FLOAT  __SIZEOF_FLOAT__
#define PR_BYTES_PER_DOUBLE __SIZEOF_DOUBLE__
#define PR_BYTES_PER_WORD   __SIZEOF_POINTER__
#define PR_BITS_PER_BYTE    8
#define PR_BITS_PER_SHORT   (8 * PR_BYTES_PER_SHORT)
#define PR_BITS_PER_INT     (8 * PR_BYTES_PER_INT)
#define PR_BITS_PER_INT64   64
#define PR_BITS_PER_LONG    (8 * PR_BYTES_PER_LONG)
#define PR_BITS_PER_WORD    (8 * PR_BYTES_PER_WORD)

/*
 * How a function or variable is declared and defined. Default visibility: the library is compiled
 * with -fvisibility=hidden, and what bears one of these is all that it exports.
 */
#define PR_VISIBILITY_DEFAULT   __attribute__((visibility("default")))
#define PR_EXPORT(type)         extern PR_VISIBILITY_DEFAULT type
#define PR_EXPORT_DATA(type)    extern PR_VISIBILITY_DEFAULT type
#define PR_IMPORT(type)         extern PR_VISIBILITY_DEFAULT type
#define PR_IMPORT_DATA(type)    extern PR_VISIBILITY_DEFAULT type
#define PR_EXTERN(type)         extern PR_VISIBILITY_DEFAULT type
#define PR_EXTERN_DATA(type)    extern PR_VISIBILITY_DEFAULT type
#define PR_IMPLEMENT(type)      PR_VISIBILITY_DEFAULT type
#define PR_IMPLEMENT_DATA(type) PR_VISIBILITY_DEFAULT type
#define NSPR_API(type)          PR_IMPORT(type)
#define NSPR_DATA_API(type)     PR_IMPORT_DATA(type)
#define PR_CALLBACK
#define PR_CALLBACK_DECL
#define PR_STATIC_CALLBACK(type) static type

#ifdef __cplusplus
#define PR_BEGIN_EXTERN_C extern "C" {
#define PR_END_EXTERN_C   }
#else
#define PR_BEGIN_EXTERN_C
#define PR_END_EXTERN_C
#endif

/* clang-format off */
#define PR_BEGIN_MACRO do {
#define PR_END_MACRO   } while (0)
/* clang-format on */

#define PR_BIT(n)           ((PRUint32)1 << (n)) /* n: 0..31 */
#define PR_BITMASK(n)       (PR_BIT(n) - 1)
#define PR_ROUNDUP(x, unit) (((x) + (unit)-1) / (unit) * (unit))
#define PR_MIN(x, y)        ((x) < (y) ? (x) : (y)) /* evaluates one argument twice */
#define PR_MAX(x, y)        ((x) > (y) ? (x) : (y)) /* likewise */
#define PR_ABS(x)           ((x) < 0 ? -(x) : (x))  /* likewise */
#define PR_ARRAY_SIZE(a)    (sizeof(a) / sizeof((a)[0]))

/* Where an extern declaration may stand. */
#define PR_STATIC_ASSERT(condition) extern void pr_static_assert(int arg[(condition) ? 1 : -1])
#define PR_PRETEND_NORETURN

PR_BEGIN_EXTERN_C

typedef signed char PRInt8;
typedef unsigned char PRUint8;
typedef short PRInt16;
typedef unsigned short PRUint16;
typedef int PRInt32;
typedef unsigned int PRUint32;
#define PR_INT32(x)  x
#define PR_UINT32(x) x##U

/* long where it has 64 bits: C++ mangles long and long long differently, and stdint.h does this. */
#if PR_BYTES_PER_LONG == 8
typedef long PRInt64;
typedef unsigned long PRUint64;
#define PR_INT64(x)  x##L
#define PR_UINT64(x) x##UL
#else
typedef long long PRInt64;
typedef unsigned long long PRUint64;
#define PR_INT64(x)  x##LL
#define PR_UINT64(x) x##ULL
#endif

#define PR_INT8_MAX   127
#define PR_INT8_MIN   (-128)
#define PR_UINT8_MAX  255U
#define PR_INT16_MAX  32767
#define PR_INT16_MIN  (-32768)
#define PR_UINT16_MAX 65535U
#define PR_INT32_MAX  PR_INT32(2147483647)
#define PR_INT32_MIN  (-PR_INT32_MAX - 1)
#define PR_UINT32_MAX PR_UINT32(4294967295)
#define PR_INT64_MAX  PR_INT64(0x7fffffffffffffff)
#define PR_INT64_MIN  (-PR_INT64_MAX - 1)
#define PR_UINT64_MAX PR_UINT64(-1)

typedef int PRIntn;
typedef unsigned int PRUintn;
typedef double PRFloat64;
typedef size_t PRSize; /* bytes */
typedef PRInt32 PROffset32;
typedef PRInt64 PROffset64;
typedef ptrdiff_t PRPtrdiff;
typedef unsigned long PRUptrdiff;
typedef long PRWord;
typedef unsigned long PRUword;

typedef PRIntn PRBool;
#define PR_TRUE  1
#define PR_FALSE 0
typedef PRUint8 PRPackedBool;

typedef enum { PR_FAILURE = -1, PR_SUCCESS = 0 } PRStatus;

/* Mozilla's string headers define it too, behind this guard. */
#ifndef __PRUNICHAR__
#define __PRUNICHAR__
typedef PRUint16 PRUnichar;
#endif

PR_END_EXTERN_C

#endif
