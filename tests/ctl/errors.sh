#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What prshmctl says when it cannot: the exit status, one line, and what to do.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

commands=$("$prshmctl" --help | sed -n '/^To /,/^A NAME/s/^  \([a-z]*\) .*/\1/p')
start_broker

ctl --help && grep -q '^Usage: prshmctl COMMAND' "$scratch/out" && [ "$(wc -w <<<"$commands")" -ge 12 ] &&
	[ ! -s "$scratch/errors" ] && [ "$(wc -L <"$scratch/out")" -le 80 ]
point "help_is_a_page_on_standard_output" $?
bad=0
for command in $commands; do
	ctl "$command" --help && [ ! -s "$scratch/errors" ] &&
		[ "$(wc -L <"$scratch/out")" -le 80 ] &&
		grep -qE "^Usage: prshmctl $command( |\$)" "$scratch/out" && grep -q "^  prshmctl $command" "$scratch/out" &&
		ctl "$command" -h || bad=1
done
point "each_command_has_help_with_an_example" "$bad"
ctl --version && grep -qE '^prshmctl [0-9.]+$' "$scratch/out"
point "the_version_is_told" $?

ends 2 ctl && says "see 'prshmctl --help'" && ends 2 ctl nonsense && says 'nonsense: no such command'
point "no_command_and_an_unknown_one_are_wrong_usage" $?
bad=0
for command in $commands; do
	ends 2 ctl "$command" --nonsense && grep -q "^See 'prshmctl $command --help'" "$scratch/errors" || bad=1
	[[ " list quota top status metrics watch " = *" $command "* ]] || ends 2 ctl "$command" || bad=1
done
ends 2 ctl show /a /b && ends 2 ctl list /a /b && ends 2 ctl list a && ends 2 ctl list --columns=x &&
	ends 2 ctl list --sort= && ends 2 ctl list --json --raw && ends 2 ctl explain /a fly &&
	ends 2 ctl quota root root && ends 2 ctl top x && ends 2 ctl status x && ends 2 ctl metrics x &&
	ends 2 ctl watch --count=0 / && ends 2 ctl watch --count=1x / && ends 2 ctl watch demo &&
	ends 2 ctl wait --timeout=soon /a && ends 2 ctl wait /a /b && ends 2 ctl rm --unused-for=soon / && ends 2 ctl rm --unused-for=1d demo && ends 2 ctl setfacl /a || bad=1
point "wrong_usage_is_2_and_points_to_the_help" "$bad"

bad=0
for command in show cat dump rm getfacl; do
	ends 1 ctl "$command" /none && says '^prshmctl: /none: no such segment' || bad=1
done
ends 1 ctl chmod 0600 /none && ends 1 ctl chown root /none && ends 1 ctl setfacl -b /none || bad=1
point "a_missing_segment_is_1_and_told" "$bad"
ctl create /there 4K && ends 1 ctl rm /none /there && says /none && ends 1 ctl show /there
point "rm_goes_on_behind_one_that_failed" $?
bad=0
for name in '' / /a/ "/$(printf 'n%.0s' {1..256})" "$(printf '/n%.0s' {1..600})"; do
	ends 1 ctl create "$name" 4K && says 'not a name for a segment' || bad=1
done
point "a_bad_name_is_told" "$bad"
ends 1 ctl create /huge 999999T && says .
point "a_size_beyond_the_host_is_told" $?

if [ -w /dev/full ]; then
	ctl create /full 4K
	bad=0
	for arguments in list 'list --json' --help 'cat /full' 'show /full' 'show --json /full' quota top status \
		metrics; do
		# shellcheck disable=SC2086
		ends 1 "$prshmctl" $arguments >/dev/full 2>"$scratch/errors" && says 'standard output: No space left' || bad=1
	done
	point "a_full_disk_is_a_failure" "$bad"
else
	skip "a_full_disk_is_a_failure" "needs /dev/full"
fi

stop_broker
bad=0
for arguments in list 'list --json' 'show /x' 'create /x 4K' 'rm /x' 'explain /x' 'cat /x' 'getfacl /x' \
	'chmod 0600 /x' 'rm --unused-for=1d /' 'explain --user=root /x' quota 'quota root' 'quota --json' \
	'top --once' status 'status --json' metrics watch 'watch --json /x' 'wait /x' 'wait --timeout=1s /x'; do
	# shellcheck disable=SC2086
	ends 1 ctl $arguments && says "no broker at $PRSHM_SOCKET.*start one with" && [ ! -s "$scratch/out" ] || bad=1
done
point "a_broker_that_is_gone_is_one_clear_line" "$bad"
finish
