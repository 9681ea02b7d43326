#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The package prshm for Python: installed by pip into an environment of its own, with the library of
# this build, as a user does with an installed one. Then the tests beside this file, and CPython's own.
#
# Environment: PYTHON, the interpreter; without, Debian's.

set -u
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 PYTHONNOUSERSITE=1
unset PYTHONPATH PYTHONHOME VIRTUAL_ENV

srcdir=$(cd "${top_srcdir:-$(dirname "$0")/../..}" && pwd)
builddir=$(cd "${top_builddir:-.}" && pwd)
here=$srcdir/tests/python
python=${PYTHON:-/usr/bin/python3}
broker=

scratch=$(mktemp -d "${TMPDIR:-/tmp}/prshm-python.XXXXXX") || exit 99
chmod 755 "$scratch"

cleanup() {
	[ -z "$broker" ] || { kill "$broker" && wait "$broker"; } 2>/dev/null
	rm -rf "$scratch"
}
trap cleanup EXIT
trap 'exit 99' HUP INT TERM
# shellcheck source=../lib/tap.sh
. "$srcdir/tests/lib/tap.sh"

# has MODULE: whether the interpreter has it.
has() {
	"$python" -c "import $1" 2>/dev/null
}

command -v "$python" >/dev/null || skip_all "needs $python (package python3)"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || skip_all "needs Python 3.11"
"$python" -c 'import os, sysconfig as s; sys = s.get_path("include"); os.stat(sys + "/Python.h")' \
	2>/dev/null || skip_all "needs Python.h (package python3-dev)"
for need in setuptools wheel pip; do
	has $need || skip_all "needs $need (package python3-$need)"
done
read -ra sanitizer <<<"$(sed -n 's/^SANITIZER_CFLAGS = *//p' "$builddir/Makefile")"
case "${sanitizer[*]-}" in
*=*thread*) skip_all "python itself is not built for ThreadSanitizer" ;;
*=*address*)
	preload=$(${CC:-cc} -print-file-name=libasan.so)
	[ -e "$preload" ] || skip_all "needs libasan.so, which ${CC:-cc} does not have"
	export ASAN_OPTIONS=detect_leaks=0
	;;
esac

# As an installed library is found, on a path without a space.
ln -s "$srcdir/include" "$scratch/include"
ln -s "$builddir/.libs" "$scratch/lib"
cat >"$scratch/prshm-client.pc" <<END
Name: prshm-client
Description: the library of the build
Version: 0
Libs: -L$scratch/lib -Wl,-rpath,$scratch/lib -lprshm-client
Cflags: -I$scratch/include
END
warnings="-Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Werror"

install_package() {
	"$python" -m venv --system-site-packages --without-pip "$scratch/venv" &&
		cp -R "$srcdir/python" "$scratch/python" && chmod -R u+w "$scratch/python" &&
		PKG_CONFIG_PATH=$scratch CFLAGS="-O1 -g $warnings ${sanitizer[*]-}" \
			LDFLAGS="${sanitizer[*]-}" "$scratch/venv/bin/python" -m pip install --quiet \
			--disable-pip-version-check --no-index --no-build-isolation "$scratch/python"
}

start_broker() {
	local tries=30000

	export PRSHM_SOCKET=$scratch/broker.sock PRSHM_AUTOSTART=0 PRSHMD=$builddir/prshmd PRSHM_SOURCES=$srcdir
	printf '[limits]\nuser-segments = 300\n' >"$scratch/prshmd.conf"
	"$PRSHMD" --config="$scratch/prshmd.conf" --socket="$PRSHM_SOCKET" >"$scratch/prshmd.log" 2>&1 &
	broker=$!
	until [ -S "$PRSHM_SOCKET" ]; do
		kill -0 "$broker" 2>/dev/null || bail_out "the broker did not start"
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || bail_out "the broker does not answer"
		sleep 0.02
	done
}

# run NAME SCRIPT ARGUMENT...: prints its points, and counts them. That the script has ended well is one more.
run() {
	local name=$1
	shift
	LD_PRELOAD=${preload-} PYTHONPATH=$here "$scratch/venv/bin/python" -X dev "$here/$1" "${@:2}" \
		>"$scratch/points" 2>"$scratch/errors"
	local status=$?
	points=$((points + $(grep -cE '^(ok|not ok) ' "$scratch/points")))
	failures=$((failures + $(grep -c '^not ok ' "$scratch/points")))
	cat "$scratch/points"
	[ -s "$scratch/points" ] && [ ! -s "$scratch/errors" ] && [ "$status" -eq 0 ]
	point "$name ends well and complains of nothing" $?
	: >"$scratch/errors"
}

has_types() {
	"$scratch/venv/bin/python" -m mypy --strict --no-incremental --cache-dir=/dev/null --package prshm 2>&1
}

check "pip installs the package" install_package
[ "$failures" -eq 0 ] || { finish; exit; }
start_broker
for module in test_memory test_calls test_users test_numpy test_pages test_processes; do
	run "$module" run.py "$module"
done

# Each interpreter of the environment, also an isolated one, begins with the shim, if it is asked to.
site=$("$scratch/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
cat >"$site/prshm_shim.pth" <<'END'
import os, sys; "PRSHM_SHIM" in os.environ and (sys.path.insert(0, os.environ["PRSHM_SHIM"]), __import__("shim"))
END
methods="fork"
[ -z "${PRSHM_TEST_LONG-}" ] || methods="fork spawn forkserver"
for method in $methods; do
	PRSHM_SHIM=$here run "CPython's tests, $method," cpython.py "$method"
done

if [ -z "${sanitizer[*]-}" ] && "$python" -c 'import mypy' 2>/dev/null; then
	check "mypy --strict finds nothing" has_types
else
	skip "mypy --strict finds nothing" "needs mypy (package mypy), and no sanitizer"
fi
finish
