#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What prshmctl says when it cannot: the exit status, one line, and what to do.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

commands=$("$prshmctl" --help | sed -n '/^To /,/^A NAME/s/^  \([a-z]*\) .*/\1/p')
start_broker

# helps PATTERN...: the last ctl printed no line that is too long, and all of that; each at the
# beginning of a line.
helps() {
	local line text pattern
	mapfile -t line <"$scratch/out"
	printf -v text '\n%s' "${line[@]}" ''
	for pattern; do
		[[ $text = *$'\n'$pattern* ]] || return 1
	done
	for line in "${line[@]}"; do
		[ ${#line} -le 80 ] || return 1
	done
	[ ! -s "$scratch/errors" ]
}
ctl --help && helps 'Usage: prshmctl COMMAND' && [ "$(wc -w <<<"$commands")" -ge 12 ]
point "help_is_a_page_on_standard_output" $?
bad=0
for command in $commands; do
	ctl "$command" --help && helps "Usage: prshmctl ${command}[[:space:]]" "  prshmctl $command" &&
		ctl "$command" -h || bad=1
done
point "each_command_has_help_with_an_example" "$bad"
ctl --version && grep -qE '^prshmctl [0-9.]+$' "$scratch/out"
point "the_version_is_told" $?

ends 2 ctl && says "see 'prshmctl --help'" && ends 2 ctl nonsense && says 'nonsense: no such command'
point "no_command_and_an_unknown_one_are_wrong_usage" $?
bad=0
for command in $commands; do
	ends 2 ctl "$command" --nonsense &&
		[[ $'\n'$(<"$scratch/errors") = *$'\n'"See 'prshmctl $command --help'"* ]] || bad=1
	[[ " list ps quota top status metrics stop watch " = *" $command "* ]] || ends 2 ctl "$command" || bad=1
done
ends 2 ctl show /a /b && ends 2 ctl list /a /b && ends 2 ctl list a && ends 2 ctl list --columns=x &&
	ends 2 ctl list --sort= && ends 2 ctl list --json --raw && ends 2 ctl explain /a fly &&
	ends 2 ctl quota root root && ends 2 ctl top x && ends 2 ctl status x && ends 2 ctl metrics x && ends 2 ctl stop x &&
	ends 2 ctl watch --count=0 / && ends 2 ctl watch --count=1x / && ends 2 ctl watch demo &&
	ends 2 ctl wait --timeout=soon /a && ends 2 ctl wait /a /b && ends 2 ctl rm --unused-for=soon / && ends 2 ctl rm --unused-for=1d demo && ends 2 ctl setfacl /a &&
	ends 2 ctl ps x && ends 2 ctl ps 0 && ends 2 ctl ps 1 2 && ends 2 ctl list --raw --total &&
	ends 2 ctl help nonsense || bad=1
point "wrong_usage_is_2_and_points_to_the_help" "$bad"

# refuses PATTERN ARGUMENT...: wrong usage, with that reason.
refuses() {
	local pattern=$1
	shift
	local line
	ends 2 ctl "$@" && read -r line <"$scratch/errors" && [[ $line =~ $pattern ]]
}
refuses 'u\+x: x is refused: ' chmod u+x /a && refuses 'u=rwX: x is refused' chmod u=rwX /a &&
	refuses 'a\+t: s and t are refused: ' chmod a+t /a && refuses 'nine bits' chmod 1777 /a &&
	refuses 'expected a MODE' chmod u /a && refuses 'expected a MODE' chmod u+q /a &&
	refuses 'expected a MODE' chmod 08 /a && refuses 'x is refused' create --mode=a+x /a 1
point "a_mode_says_what_is_refused" $?
refuses 'whole seconds' create --linger=500ms /a 1 && refuses 'whole seconds' rm --unused-for=1ms / &&
	refuses 'expected a SIZE' create /a 4KX && refuses 'expected a SIZE' create /a 4iB &&
	refuses 'expected a SIZE' create /a 4KK && refuses 'below 8388608T' create /a 9000000T &&
	refuses 'expected USER, USER:GROUP or :GROUP' chown root: /a &&
	refuses 'expected USER, USER:GROUP or :GROUP' chown '' /a
point "a_wrong_unit_is_told" $?

ctl help && cp "$scratch/out" "$scratch/help" && ctl --help && cmp -s "$scratch/help" "$scratch/out" &&
	ctl help rm && cp "$scratch/out" "$scratch/help" && ctl rm --help && cmp -s "$scratch/help" "$scratch/out"
point "help_works_as_a_command" $?
ctl create "--linger=2000000 ms" /units/a 4k && ctl create /units/b 4KB && ctl create /units/c 4KiB &&
	ctl create /units/d "4 kib" && ctl list --raw --noheadings --columns=size,linger /units/ && prints "4096 2000
4096 0
4096 0
4096 0" && ctl ls --raw --noheadings --columns=name /units/a && prints /units/a
point "units_are_understood_and_ls_is_list" $?
ends 1 ctl wait --timeout=1 /none && says 'within 1s, ' && ends 1 ctl wait --timeout=1ms /none &&
	says 'within 1ms, '
point "a_time_is_told_with_its_unit" $?
ends 1 ctl ps "$$" && says "process $$ holds no segment"
point "a_process_that_holds_nothing_is_told" $?

bad=0
for command in show cat dump rm getfacl; do
	ends 1 ctl "$command" /none && says '^prshmctl: /none: no such segment' || bad=1
done
ends 1 ctl chmod 0600 /none && ends 1 ctl chown root /none && ends 1 ctl setfacl -b /none || bad=1
point "a_missing_segment_is_1_and_told" "$bad"
ctl create /there 4K && ends 1 ctl rm /none /there && says /none && ends 1 ctl show /there
point "rm_goes_on_behind_one_that_failed" $?
bad=0
# bad_name CAUSE NAME
bad_name() {
	ends 1 ctl create "$2" 4K && says "not a name for a segment: $1" || bad=1
}
bad_name 'the name is empty' ''
bad_name 'the name ends like a directory' /
bad_name 'the name ends like a directory' /a/
bad_name 'the name ends like a directory' /a/..
bad_name 'a component of the name has 256 bytes, and may have 255' "/$(printf 'n%.0s' {1..256})"
bad_name 'the name has more than 1023 bytes' "$(printf '/n%.0s' {1..600})"
point "a_bad_name_is_told_with_the_cause" "$bad"
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
for arguments in list 'list --json' 'show /x' 'create /x 4K' 'rm /x' 'explain /x' 'explain --json /x' 'cat /x' 'getfacl /x' 'getfacl --json /x' ps 'ps 1' 'ps --json' stop \
	'chmod 0600 /x' 'rm --unused-for=1d /' 'explain --user=root /x' quota 'quota root' 'quota --json' \
	'top --once' status 'status --json' metrics watch 'watch --json /x' 'wait /x' 'wait --timeout=1s /x'; do
	# shellcheck disable=SC2086
	ends 1 ctl $arguments && says "no broker at $PRSHM_SOCKET.*start one with" && [ ! -s "$scratch/out" ] || bad=1
done
point "a_broker_that_is_gone_is_one_clear_line" "$bad"

# where PATTERN SOCKET: no broker, for that reason, and no advice to start one there.
where() {
	PRSHM_SOCKET=$2 ends 1 ctl list && says "$1" && ! grep -q 'start one with' "$scratch/errors"
}
mkdir "$scratch/directory" && : >"$scratch/file"
where "no broker at $scratch/file, where PRSHM_SOCKET points \(that is no socket\)" "$scratch/file" &&
	where 'that is a directory' "$scratch/directory" && where 'No such file or directory' "$scratch/none/broker.sock" &&
	where 'the path has 1[0-9][0-9] bytes, and a socket.s has at most 107' "$scratch/$(printf 'n%.0s' {1..110})" &&
	where 'PRSHM_SOCKET is broker.sock, and has to be an absolute path' broker.sock
point "what_is_wrong_where_the_broker_should_be_is_told" $?
finish
