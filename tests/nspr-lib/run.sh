#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# prshm-nspr-run, the script itself.

set -u
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

status_of() {
	"$@" >"$scratch/said" 2>&1
	echo $?
}

without_library() {
	PRSHM_NSPR_LIBRARY=$1 status_of "$run" true
	sed "s|$scratch|SCRATCH|" "$scratch/said"
}

says_usage() {
	grep -q '^usage: prshm-nspr-run PROGRAM' "$scratch/said"
}

has_a_default() {
	grep '^library=.*:-/.*/libprshm-nspr\.so\.0}$' "$run"
}

mkdir "$scratch/with space"
cp "$library" "$scratch/with space/libprshm-nspr.so.0"

expect "help_is_for_the_asking" 0 status_of "$run" --help
check "help_says_how_it_is_used" says_usage
expect "no_program_is_a_usage_error" 2 status_of "$run"
check "which_says_how_it_is_used" says_usage
expect "an_unknown_option_is_a_usage_error" 2 status_of "$run" --unknown
check "there_is_a_library_by_default" has_a_default
expect "a_library_that_is_not_there_is_an_error" "2
prshm-nspr-run: cannot read SCRATCH/none" without_library "$scratch/none"
expect "a_path_that_the_loader_would_split_is_an_error" "2
prshm-nspr-run: SCRATCH/with space/libprshm-nspr.so.0: LD_PRELOAD takes no path with a colon or a space" \
	without_library "$scratch/with space/libprshm-nspr.so.0"

if [ -n "$sanitized" ]; then
	skip "the rest" "a library with a sanitizer cannot be preloaded"
else
	expect "the_library_is_preloaded" "$library" "$run" printenv LD_PRELOAD
	expect "other_preloaded_libraries_come_after_it" "$library:libm.so.6:libdl.so.2" \
		env LD_PRELOAD=libm.so.6:libdl.so.2 "$run" printenv LD_PRELOAD
	expect "the_program_s_exit_status_is_passed_on" 7 status_of "$run" sh -c 'exit 7'
	expect "two_dashes_end_the_options" "$library" "$run" -- printenv LD_PRELOAD
	expect "a_program_that_is_not_there_is_127" 127 status_of "$run" "$scratch/none"
fi
finish
