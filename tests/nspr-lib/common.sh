# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# For the scripts beside it: a broker of their own, and TAP. As root they run in an IPC namespace of
# their own, so that nobody else's System V segments come and go.

if [ "$(id -u)" -eq 0 ] && [ -z "${PRSHM_TEST_ISOLATED-}" ] && unshare --ipc true 2>/dev/null; then
	export PRSHM_TEST_ISOLATED=1
	exec unshare --ipc "$BASH" "$0" "$@"
fi

top_builddir=${top_builddir:-.}
library=$top_builddir/.libs/libprshm-nspr.so.0
programs=$top_builddir/tests/nspr-lib
run=$top_builddir/nspr-lib/prshm-nspr-run
broker=

scratch=$(mktemp -d "${TMPDIR:-/tmp}/prshm-nspr-lib.XXXXXX") || exit 99
trap 'rm -rf "$scratch"' EXIT
# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "${top_srcdir:-.}/tests/lib/tap.sh"

[ -e "$library" ] || skip_all "libprshm-nspr was not built: needs libnspr4-dev"
library=$(realpath "$library")
programs=$(realpath "$programs")
run=$(realpath "$run")
prshmd=$(realpath "$top_builddir/prshmd")

# A library with a sanitizer cannot be loaded into a program without; it can be linked.
# shellcheck disable=SC2034 # for the others
sanitized=$(nm -D "$library" | sed -n '/__[aut]b*san_/{s/.*/yes/p;q}')

chmod 755 "$scratch"

cleanup() {
	if [ -n "$broker" ]; then
		kill "$broker" 2>/dev/null
		wait "$broker" 2>/dev/null
	fi
	rm -rf "$scratch"
}
trap cleanup EXIT
trap 'exit 99' HUP INT TERM

export PRSHM_NSPR_LIBRARY=$library
# libnspr4 itself leaks what it imports from a string.
echo "leak:libnspr4" >"$scratch/suppressions"
export LSAN_OPTIONS=suppressions=$scratch/suppressions:print_suppressions=0
export LIST_SEGMENTS=$programs/list-segments

start_broker() {
	local tries=3000

	export PRSHM_SOCKET=$scratch/socket PRSHM_AUTOSTART=0
	"$prshmd" --socket="$PRSHM_SOCKET" >"$scratch/prshmd.log" 2>&1 &
	broker=$!
	until "$LIST_SEGMENTS" 2>/dev/null; do
		kill -0 "$broker" 2>/dev/null || bail_out "the broker did not start"
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || bail_out "the broker does not answer"
		sleep 0.1
	done
	chmod 666 "$PRSHM_SOCKET"
}

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
