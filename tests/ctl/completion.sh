#!/bin/bash
# SPDX-License-Identifier: MIT
#
# bash completion: sourced, and asked as bash asks it.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

mkdir "$scratch/bin"
ln -s "$prshmctl" "$scratch/bin/prshmctl"
PATH=$scratch/bin:$PATH
# shellcheck source=../../completions/prshmctl
. "$srcdir/completions/prshmctl"

# complete_words WORD...: what bash would offer for the last of them.
complete_words() {
	COMP_WORDS=(prshmctl "$@")
	COMP_CWORD=$#
	_prshmctl
	printf '%s\n' "${COMPREPLY[@]}" | sed '/^$/d' | sort >"$scratch/out"
	: >"$scratch/errors"
	: >"$scratch/why"
}

# offers WORD...: exactly these, in their sorted order.
offers() {
	prints "$(printf '%s\n' "$@" | sort)"
}

start_broker
ctl create /demo/words 4K && ctl create '/demo/with space' 4K && ctl create '/demo:colon' 4K &&
	ctl create /other 4K

complete_words c && offers cat chmod chown create
point "commands_are_completed" $?
complete_words --v && offers --version
point "so_are_the_options_of_prshmctl" $?
complete_words list --no && offers --noheadings
point "options_of_a_command_are_completed" $?
complete_words rm --unused && offers --unused-for=
point "an_option_with_a_value_ends_with_an_equals_sign" $?
complete_words show /demo/ && offers /demo/words '/demo/with\ space'
point "names_are_completed_as_a_shell_wants_them" $?
complete_words show '/demo/with\ s' && offers '/demo/with\ space'
point "what_is_quoted_already_is_completed" $?
complete_words show /demo : && offers colon
point "a_name_with_a_colon_is_completed_behind_it" $?
complete_words cat '' && [ "$(wc -l <"$scratch/out")" -eq 4 ]
point "all_names_are_offered_for_nothing" $?

# readline hands --sort=si in three words.
complete_words list --sort = si && offers size
point "columns_are_completed_behind_an_equals_sign" $?
complete_words list --sort = -si && offers -size
point "columns_are_completed_behind_a_minus" $?
complete_words list --columns = name,si && offers name,size
point "columns_are_completed_in_a_list" $?
complete_words list --columns = && ctl list --json &&
	[ "$(printf '%s\n' "${COMPREPLY[@]}" | sort | xargs)" = \
		"$(grep -oE '"[a-z]+": ' "$scratch/out" | tr -d '": ' | sort -u | sed '/^segments$/d' | xargs)" ]
point "columns_are_those_of_the_list" $?
complete_words create --lifetime = u && offers until-unused
point "lifetimes_are_completed" $?
complete_words setfacl -m user : roo && offers root:
point "users_are_completed_in_entries" $?
complete_words setfacl -m user : root : rw,gr && grep -qx "rw,group:root:" "$scratch/out"
point "groups_are_completed_in_the_second_entry" $?
complete_words chown roo && offers root
point "users_are_completed_for_chown" $?
complete_words chown root : roo && offers root
point "groups_are_completed_for_chown" $?
complete_words chown root /oth && offers /other
point "names_are_completed_behind_the_owner" $?
complete_words explain /other w && offers write
point "rights_are_completed_for_explain" $?
complete_words w && offers wait watch write
point "the_commands_that_watch_are_completed" $?
complete_words explain --user = roo && offers root
point "users_are_completed_behind_an_equals_sign" $?
complete_words explain --user = root /oth && offers /other
point "names_are_completed_behind_an_option" $?
complete_words quota roo && offers root
point "users_are_completed_for_quota" $?
complete_words list --owner = roo && offers root
point "users_are_completed_for_an_owner" $?
complete_words help quo && offers quota && complete_words l && offers list ls
point "commands_are_completed_behind_help" $?
coproc holder { PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$srcdir/tests/protocol exec python3 -c '
import os, sys
from client import Connection
broker = Connection()
broker.open("/other")
print(os.getpid(), flush=True)
sys.stdin.read()' 2>"$scratch/why"; }
# shellcheck disable=SC2154 # coproc sets it
read -r pid <&"${holder[0]}"
complete_words ps '' && offers "$pid"
point "processes_are_completed_for_ps" $?
kill "$pid"
complete_words watch /demo/wo && offers /demo/words && complete_words wait /oth && offers /other
point "names_are_completed_for_watch_and_wait" $?
complete_words status / && offers '' && complete_words top r && offers '' && complete_words top --o && offers --once
point "where_there_are_no_names_none_are_offered" $?
complete_words chmod 0 && offers ''
point "a_mode_is_not_completed" $?
stop_broker
complete_words show / && offers ''
point "without_a_broker_there_are_no_names_and_no_noise" $?
finish
