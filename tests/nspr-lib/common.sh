# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# For the scripts beside it: the library, and what ../lib/scratch.sh has. As root they run in an IPC
# namespace of their own, so that nobody else's System V segments come and go.

if [ "$(id -u)" -eq 0 ] && [ -z "${PRSHM_TEST_ISOLATED-}" ] && unshare --ipc true 2>/dev/null; then
	export PRSHM_TEST_ISOLATED=1
	exec unshare --ipc "$BASH" "$0" "$@"
fi

# shellcheck source=../lib/scratch.sh
source "$(dirname "$0")/../lib/scratch.sh"

library=$builddir/.libs/libprshm-nspr.so.0
[ -e "$library" ] || skip_all "libprshm-nspr was not built: needs libnspr4-dev"
library=$(realpath "$library")
# LD_PRELOAD takes no path with a space, nor does libtool write one into a program.
case $library in
*' '*)
	cp "$library" "$scratch/" && library=$scratch/${library##*/}
	export LD_LIBRARY_PATH=$builddir/.libs
	;;
esac
programs=$builddir/tests/nspr-lib
# shellcheck disable=SC2034 # for the others
run=$builddir/nspr-lib/prshm-nspr-run
# shellcheck disable=SC2034
prshmd=$builddir/prshmd

# A library with a sanitizer cannot be loaded into a program without; it can be linked.
# shellcheck disable=SC2034 # for the others
sanitized=$(nm -D "$library" | sed -n '/ U __[aut]b*san_/{s/.*/yes/p;q}')

export PRSHM_NSPR_LIBRARY=$library
# libnspr4 itself leaks what it imports from a string.
echo "leak:libnspr4" >"$scratch/suppressions"
export LSAN_OPTIONS=suppressions=$scratch/suppressions:print_suppressions=0
export LIST_SEGMENTS=$scratch/list-segments # for a shell, which would split a path with a space
ln -s "$programs/list-segments" "$LIST_SEGMENTS"

# expect NAME LINES COMMAND...: the command prints exactly these lines; "" is none.
expect() {
	local name=$1 wanted=$2
	shift 2
	"$@" >"$scratch/output" 2>"$scratch/errors"
	echo "# exit status $?" >>"$scratch/errors"
	! grep -q -e Sanitizer -e 'runtime error' "$scratch/errors" &&
		diff <(printf '%s' "$wanted${wanted:+$'\n'}") "$scratch/output" >"$scratch/why"
	point "$name" $?
}
