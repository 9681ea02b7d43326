#!/bin/bash
# SPDX-License-Identifier: MIT
#
# A program that knows nothing of prshm, with prshm-posix-run and without: the same holds.

# shellcheck source-path=SCRIPTDIR source=common.sh
. "${top_srcdir:-.}/tests/posix/common.sh"

exported() {
	nm -D --defined-only "$library" | awk '{ print $3 }' | sort
}
mapped() {
	sed -n 's/^\t\t\([a-z_0-9]*\);$/\1/p' "${top_srcdir:-.}/posix-lib/prshm-posix.map" | sort
}
exports_are_the_maps() {
	diff <(exported) <(mapped)
}

# all_hold COMMAND...: prints the cases that do not hold.
all_hold() {
	if "$@" >"$scratch/cases" 2>&1 && grep -q '^1\.\.[1-9]' "$scratch/cases"; then
		return 0
	fi
	grep -v -e '^ok' "$scratch/cases"
	return 1
}

nothing_is_left() {
	! "$prshmctl" list | grep /dev/shm/posix-case && ! find /dev/shm -name 'posix-case*' | grep .
}

check the_library_exports_what_its_map_lists exports_are_the_maps
check all_cases_hold_in_dev_shm all_hold "$programs/cases"
check what_programs_do_holds_in_dev_shm all_hold "$programs/cases-programs"
export PRSHM_SOCKET=$scratch/nobody PRSHM_AUTOSTART=0
check without_a_broker_there_is_an_error_and_no_file all_hold "$run" "$programs/cases" \
	no_broker_is_an_error
check without_a_broker_nothing_is_made_by_a_path all_hold "$run" --paths "$programs/cases-files" \
	no_broker_is_an_error_by_a_path
start_broker "[limits user root]
user-bytes = 64M
[name /dev/shm]
linger = 1s
[name /dev/shm/posix-early]
lifetime = kept
linger = 0"
is_loaded() {
	"$run" cat /proc/self/maps | grep "$library"
}
check the_library_is_loaded is_loaded
check all_cases_hold_in_the_broker all_hold "$run" "$programs/cases"
check what_programs_do_holds_in_the_broker all_hold "$run" "$programs/cases-programs"
# Between a look at a descriptor and dup3(2) by it: long enough for another thread.
slowly() {
	strace -f -o "$scratch/calls" -e trace=dup3 -e inject=dup3:delay_enter=20000 "$run" "$programs/cases-programs" \
		a_thread_puts_a_file_over_an_early_descriptor
}
# Before Linux 6.11 the kernel tells of them in text alone.
without_queries() {
	strace -f -o "$scratch/calls" -e trace=ioctl -e inject=ioctl:error=ENOTTY "$run" "$programs/cases-broker" \
		a_mapping_alone_holds
}
if strace -o "$scratch/calls" -e trace=dup3 -e inject=dup3:delay_enter=1 true 2>/dev/null; then
	check threads_do_not_meet_between_two_calls all_hold slowly
	check mappings_are_found_on_an_older_kernel all_hold without_queries
else
	skip threads_do_not_meet_between_two_calls "needs strace, and leave to trace"
	skip mappings_are_found_on_an_older_kernel "needs strace, and leave to trace"
fi
check what_the_broker_does_otherwise_holds all_hold "$run" "$programs/cases-broker"
check paths_hold_in_dev_shm all_hold "$programs/cases-paths"
check paths_hold_in_the_broker all_hold "$run" --paths "$programs/cases-paths"
check files_hold_in_dev_shm all_hold "$programs/cases-files"
check files_hold_in_the_broker all_hold "$run" --paths "$programs/cases-files"

# Without the broker, too: the library makes files then.
early() { # PREFIX...
	LD_PRELOAD=$scratch/early.so "$@" env EARLY=1 true
}
early_is_in_the_broker() { # NAMES OPTION...
	local name names
	read -r -a names <<<"$1"

	shift
	early "$run" "$@" && ! find /dev/shm -name 'posix-early*' | grep . &&
		diff <("$prshmctl" list --raw --noheadings --columns=name /dev/shm/posix-early) \
			<(printf '/dev/shm/%s\n' "${names[@]}") || return
	for name in "${names[@]}"; do
		"$prshmctl" rm "/dev/shm/$name" || return
	done
}
forks_with_handlers() { # PREFIX...
	LD_PRELOAD=$scratch/early.so timeout -k 5 60 "$@" env EARLY_HANDLERS=1 bash -c '(exit 0) && (exit 0)'
}
if "${CC:-gcc}" -shared -fPIC -o "$scratch/early.so" "${top_srcdir:-.}/tests/posix/early.c"; then
	check constructors_of_others_hold_in_dev_shm early
	rm -f /dev/shm/posix-early*
	check constructors_of_others_hold_in_the_broker early_is_in_the_broker \
		"posix-early posix-early-child"
	check constructors_of_others_hold_by_paths early_is_in_the_broker \
		"posix-early posix-early-child posix-early-path" --paths
	check handlers_of_others_hold_in_dev_shm forks_with_handlers
	check handlers_of_others_hold_in_the_broker forks_with_handlers "$run"
else
	skip constructors_of_others_hold "needs a C compiler"
fi
check nothing_is_left nothing_is_left
finish
