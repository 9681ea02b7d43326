#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The package prshm for Python: installed by pip into an environment of its own, with the library of
# this build, as a user does with an installed one. Then the tests beside this file, and CPython's
# own.
#
# Environment: PYTHON, the interpreter; without, Debian's.

set -u
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 PYTHONNOUSERSITE=1
unset PYTHONPATH PYTHONHOME VIRTUAL_ENV

# shellcheck source=../lib/scratch.sh
. "$(dirname "$0")/../lib/scratch.sh"
here=$srcdir/tests/python
python=${PYTHON:-/usr/bin/python3}

command -v "$python" >/dev/null || skip_all "needs $python (package python3)"
need=$("$python" - <<'END'
import importlib.util, os, sys, sysconfig
needs = [f"{module} (package python3-{module})" for module in ("setuptools", "wheel", "pip")
         if not importlib.util.find_spec(module)]
if not os.path.exists(sysconfig.get_path("include") + "/Python.h"):
    needs.insert(0, "Python.h (package python3-dev)")
if sys.version_info < (3, 11):
    needs.insert(0, "Python 3.11")
print(*needs[:1])
END
)
[ -z "$need" ] || skip_all "needs $need"
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

# install_package NAME PYTHON FLAG...: an environment of that name, made by that interpreter.
install_package() {
	local venv=$scratch/$1 python=$2
	shift 2
	rm -rf "$scratch/python"
	"$python" -m venv --system-site-packages --without-pip "$venv" &&
		cp -R "$srcdir/python" "$scratch/python" && chmod -R u+w "$scratch/python" &&
		PKG_CONFIG_PATH=$scratch CFLAGS="-O1 -g $warnings $*" LDFLAGS="$*" \
			"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-index \
			--no-build-isolation "$scratch/python"
}

# run NAME SCRIPT ARGUMENT...: prints its points, and counts them. That the script has ended well is
# one more. In the environment $venv.
run() {
	local name=$1
	shift
	LD_PRELOAD=${preload-} PYTHONPATH=$here "$scratch/$venv/bin/python" "${strict[@]}" "$here/$1" \
		"${@:2}" >"$scratch/points" 2>"$scratch/errors"
	local status=$?
	points=$((points + $(grep -cE '^(ok|not ok) ' "$scratch/points")))
	failures=$((failures + $(grep -c '^not ok ' "$scratch/points")))
	cat "$scratch/points"
	[ -s "$scratch/points" ] && [ ! -s "$scratch/errors" ] && [ "$status" -eq 0 ]
	point "$name ends well and complains of nothing" $?
	: >"$scratch/errors"
}

shares_with_container() {
	LD_PRELOAD=${preload-} "$scratch/plain/bin/python" -c '
import prshm
with prshm.SharedMemory("outside", create=True, size=10) as memory:
    memory.buf[:2] = b"hi"' &&
		unshare --mount --ipc --pid --fork bash "$here/container.sh" "$scratch" "$builddir/.libs" \
			"${preload-}" '
import os, prshm
assert not os.path.exists("/dev/shm") and prshm.broker().path == "/run/prshm/broker.sock"
with prshm.SharedMemory("outside") as memory:
    assert memory.buf[:2] == b"hi"
prshm.SharedMemory("inside", create=True, size=5).buf[0] = 7
prshm.delete("outside")' &&
		LD_PRELOAD=${preload-} "$scratch/plain/bin/python" -c '
import prshm
with prshm.SharedMemory("inside") as memory:
    assert memory.buf[0] == 7
    memory.unlink()'
}

has_types() {
	"$scratch/plain/bin/python" -m mypy --strict --no-incremental --cache-dir=/dev/null --package prshm 2>&1
}

venv=plain
strict=(-W default)
[ -z "${PRSHM_TEST_LONG-}" ] || strict=(-X dev)
check "pip installs the package" install_package $venv "$python" "${sanitizer[@]}"
[ "$failures" -eq 0 ] || { finish; exit; }
export PRSHMD=$builddir/prshmd PRSHM_SOURCES=$srcdir
printf '[limits]\nuser-segments = 300\n' >"$scratch/prshmd.conf"
socket=$scratch/socket/broker.sock # a container has this directory alone
mkdir "$scratch/socket"
start_broker
run "the package" run.py test_memory test_calls test_users test_numpy test_pages test_processes

# Each interpreter of the environment, also an isolated one, begins with the shim, if it is asked
# to.
site=$("$scratch/$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
cat >"$site/prshm_shim.pth" <<'END'
import os, sys; "PRSHM_SHIM" in os.environ and (sys.path.insert(0, os.environ["PRSHM_SHIM"]), __import__("shim"))
END
methods="fork"
[ -z "${PRSHM_TEST_LONG-}" ] || methods="fork spawn forkserver"
for method in $methods; do
	PRSHM_SHIM=$here run "CPython's tests, $method," cpython.py "$method"
done

if [ "$(id -u)" -eq 0 ] && unshare --mount --pid --fork true 2>/dev/null; then
	check "a container needs the directory of the socket and nothing else" shares_with_container
else
	skip "a container needs the directory of the socket" "needs root, who may make namespaces"
fi

if [ -n "${sanitizer[*]-}" ]; then
	finish
	exit
fi
if [ -z "${PRSHM_TEST_LONG-}" ]; then
	finish
	exit
fi
if "$python" -c "import mypy" 2>/dev/null; then
	check "mypy --strict finds nothing" has_types
else
	skip "mypy --strict finds nothing" "needs mypy (package mypy)"
fi

# The extension with the sanitizers, in an interpreter without.
venv=sanitized
preload=$(${CC:-cc} -print-file-name=libasan.so)
if [ -e "$preload" ]; then
	check "pip installs the package with sanitizers" install_package $venv "$python" \
		-fsanitize=address,undefined -fno-sanitize-recover=all
	export ASAN_OPTIONS=detect_leaks=0
	for module in test_memory test_calls test_users test_processes; do
		run "$module with sanitizers" run.py "$module"
	done
else
	skip "the package with sanitizers" "needs libasan.so, which ${CC:-cc} does not have"
fi
preload=

# An interpreter that counts references.
venv=counting
if "$python-dbg" -c 'import sys; sys.gettotalrefcount()' 2>/dev/null; then
	check "pip installs the package for a debug build" install_package $venv "$python-dbg"
	run "test_memory in a debug build" run.py test_memory
else
	skip "references in a debug build" "needs $python-dbg (package python3-dbg)"
fi
finish
