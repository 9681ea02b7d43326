#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Programs written to NSPR's headers keep their named and anonymous memory in the broker: preloaded
# by prshm-nspr-run into one that is linked to libnspr4 only, and linked before libnspr4.

set -u
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

plain=$programs/program
linked=$programs/program-linked

read -r -d '' one_parent <<'END'
open: ok
open: ok
set: ok
set another: ok
set a name too long: PR_NAME_TOO_LONG_ERROR/36
set no name: PR_INVALID_ARGUMENT_ERROR/22
set NULL: PR_INVALID_ARGUMENT_ERROR/22
set a pipe: ok
- 65536 0600 1
- 65536 0400 1
memory inherited: 0
get: ok
child reads: from the parent
get another, by two names: ok
get a name too long: PR_FILE_NOT_FOUND_ERROR/2
get an unknown name: PR_FILE_NOT_FOUND_ERROR/2
get the pipe as a map: PR_FILE_NOT_FOUND_ERROR/2
get the pipe: ok
close: ok
memory left open: 0
child: 0
memory inherited: 0
get: ok
child reads: from the parent
get another, by two names: ok
get a name too long: PR_FILE_NOT_FOUND_ERROR/2
get an unknown name: PR_FILE_NOT_FOUND_ERROR/2
get the pipe as a map: PR_FILE_NOT_FOUND_ERROR/2
get the pipe: ok
close: ok
memory left open: 0
child again: 0
memory inherited alone: 0
get alone: PR_FILE_NOT_FOUND_ERROR/2
child without attributes: 0
parent reads: from the child
memory inherited: 0
get: PR_FILE_NOT_FOUND_ERROR/2
child after close: 1
END

two_parent="open: ok
inheritable: 0
export: ok
inheritable: 1
- 65536 0600 1
import: ok
inheritable: 0
child reads: from the parent
close: ok
memory left open: 0
child: 0
parent reads: from the child"

read -r -d '' bad_strings <<'END'
open: ok
truncated: PR_INVALID_ARGUMENT_ERROR/22
too long: PR_INVALID_ARGUMENT_ERROR/22
with a space: PR_INVALID_ARGUMENT_ERROR/22
with a leading zero: PR_INVALID_ARGUMENT_ERROR/22
upper case: PR_INVALID_ARGUMENT_ERROR/22
wrong token: PR_FILE_NOT_FOUND_ERROR/2
wrong separator: PR_INVALID_ARGUMENT_ERROR/22
more rights than there are: PR_NO_ACCESS_RIGHTS_ERROR/13
unknown protection: PR_INVALID_ARGUMENT_ERROR/22
empty: PR_INVALID_ARGUMENT_ERROR/22
a word: PR_INVALID_ARGUMENT_ERROR/22
a number: PR_INVALID_ARGUMENT_ERROR/22
short, unknown protection: PR_INVALID_ARGUMENT_ERROR/22
short, no descriptor: PR_INVALID_ARGUMENT_ERROR/22
NULL: PR_INVALID_ARGUMENT_ERROR/22
memory open: 1
the good one: ok
END

read -r -d '' bad_arguments <<'END'
open: ok
open of no size: PR_INVALID_ARGUMENT_ERROR/22
open of all: PR_FILE_TOO_BIG_ERROR/27
open with another protection: PR_INVALID_ARGUMENT_ERROR/22
export into too little: PR_BUFFER_OVERFLOW_ERROR/75
buffer: untouched
export of NULL: PR_INVALID_ARGUMENT_ERROR/22
export into NULL: PR_INVALID_ARGUMENT_ERROR/22
get NULL: PR_INVALID_ARGUMENT_ERROR/22
END

without_stdin() {
	"$@" <&-
}

with_few_descriptors() {
	(
		ulimit -n 256
		"$@"
	)
}

# try HOW COMMAND...: everything about a program that is run like this.
try() {
	local how=$1
	shift
	test_named "$how" "$@"
	test_one "$how" "$@"
	test_two "$how" "$@"
	test_edges "$how" "$@"
}

test_named() {
	local how=$1
	shift
	expect "$how: a_process_writes_named_memory" "write: ok" "$@" named-write /demo/words "by name"
	expect "$how: named_memory_is_a_segment_of_the_broker" "/demo/words 65536 0600 0" \
		"$LIST_SEGMENTS"
	expect "$how: another_process_reads_it" "read: by name" "$@" named-read /demo/words
	expect "$how: a_third_deletes_it" "delete: ok" "$@" named-delete /demo/words
	expect "$how: then_it_is_not_found" "read: PR_FILE_NOT_FOUND_ERROR/2" \
		"$@" named-read /demo/words
	expect "$how: four_thousand_segments_are_open_with_256_descriptors" "open: ok
right: 2000
closed and deleted: 4000" with_few_descriptors "$@" named-many
}

test_one() {
	local how=$1
	shift
	expect "$how: protocol_one_passes_maps_by_name_and_no_descriptors" "$one_parent" \
		"$@" one-parent "${@: -1}" one-child
	expect "$how: protocol_one_works_without_standard_input" "$one_parent" \
		without_stdin "$@" one-parent "${@: -1}" one-child
	expect "$how: a_process_that_inherited_nothing_gets_nothing" "memory inherited alone: 0
get alone: PR_FILE_NOT_FOUND_ERROR/2" "$@" one-alone
}

test_two() {
	local how=$1 program=${*: -1} wanted
	shift
	expect "$how: protocol_two_passes_a_map_in_a_string" "$two_parent" \
		"$@" two-parent keep "$program" two-child
	expect "$how: protocol_two_works_where_the_launcher_closes_descriptors" "$two_parent" \
		"$@" two-parent close "$program" two-child
	expect "$how: protocol_two_works_where_the_number_is_another_file" "$two_parent" \
		"$@" two-parent replace "$program" two-child
	# It leaks the descriptor, as NSPR does.
	wanted=${two_parent/import: ok$'\n'inheritable: 0/import: ok$'\n'inheritable: 1}
	wanted=${wanted/left open: 0/left open: 1}
	expect "$how: a_child_without_the_library_imports_the_inherited_descriptor" "$wanted" \
		"$@" two-parent plain "$plain" two-child
	if [ "$(id -u)" -eq 0 ]; then
		expect "$how: a_child_with_another_uid_is_refused" "open: ok
inheritable: 0
export: ok
inheritable: 1
- 65536 0600 1
map: PR_FILE_NOT_FOUND_ERROR/2
import: PR_FILE_NOT_FOUND_ERROR/2
child: 1
parent reads: " "$@" two-parent setuid "$program" two-child
	else
		skip "$how: a_child_with_another_uid_is_refused" "needs root"
	fi
	expect "$how: a_string_is_of_no_use_when_its_map_is_gone" "open: ok
export: ok
import after close: PR_FILE_NOT_FOUND_ERROR/2
import of another file: PR_FILE_NOT_FOUND_ERROR/2
open: ok
import of other memory: PR_FILE_NOT_FOUND_ERROR/2" "$@" two-closed
}

test_edges() {
	local how=$1
	shift
	expect "$how: a_bad_string_gets_an_error_and_maps_nothing" "$bad_strings" "$@" bad-strings
	expect "$how: bad_arguments_get_errors" "$bad_arguments" "$@" bad-arguments
	expect "$how: closing_leaks_no_descriptor_and_no_hold" "rounds: ok
descriptors left: 0" env LSAN_OPTIONS= "$@" leaks
	expect "$how: a_child_of_fork_closes_only_its_own" "open: ok
open: ok
child closes: ok
memory left in the child: 1
parent reads: from the child
- 65536 0600 1
parent closes: ok" "$@" forked
	expect "$how: a_copy_that_clone_made_is_as_good_as_a_child_of_fork" "open: ok
each got its own: 30
the copies wrote: 30
close: ok" "$@" copied
	expect "$how: a_map_may_have_more_than_four_gigabytes" "first page: ok
first page: ok
first page: ok
first page: ok" "$@" map-sizes
	expect "$how: a_map_of_a_file_stays_nspr_s" "set: PR_NOT_IMPLEMENTED_ERROR/0
export: ok
its string is short: ok
import: ok
close: ok
its descriptor is open: ok" "$@" foreign-map
	expect "$how: a_descriptor_that_the_program_closed_is_no_longer_taken_for_a_map" "open: ok
export: ok
its string is short: ok
open: ok
open: ok
- 65536 0600 1" "$@" closed-behind
	expect "$how: nothing_is_left_in_the_broker" "" "$LIST_SEGMENTS"
}

sysv_segments() {
	cat /proc/sysvipc/shm
}

mkdir "$scratch/maps"
cd "$scratch/maps" || exit 99
start_broker
sysv_before=$(sysv_segments)

if [ -n "$sanitized" ]; then
	echo "# linked only: a library with a sanitizer cannot be preloaded"
else
	try preloaded "$run" "$plain"
	expect "a_layout_that_is_not_known_is_not_written_to" "flag: 0
map: ok
close: ok" "$run" "$programs/strange-nspr"
fi
try linked "$linked"

# Now without us, for what it is compared with, and beside us.
export MAP_DIRECTORY=$scratch/maps
expect "without_us: protocol_one_is_not_implemented" "memory inherited alone: 0
get alone: PR_NOT_IMPLEMENTED_ERROR/0" "$plain" one-alone
wanted=${two_parent/- 65536 0600 1$'\n'/} # and its own memory is a file
wanted=${wanted/inheritable: 1/inheritable: 0}
expect "a_child_with_the_library_imports_from_a_parent_without" "$wanted" \
	"$plain" two-parent keep "$linked" two-child
unset MAP_DIRECTORY

expect "no_file_appeared" "" ls -A "$scratch/maps"
if [ -n "${PRSHM_TEST_ISOLATED-}" ]; then
	expect "no_system_v_segment_appeared" "$sysv_before" sysv_segments
else
	skip "no_system_v_segment_appeared" "needs root, for an IPC namespace of its own"
fi
finish
