#!/bin/bash
# SPDX-License-Identifier: MIT
#
# A changed configuration takes effect by a reload; a broken one does not, and the journal says
# where it is broken.
#
# Functions here are called by check.
# shellcheck disable=SC2317,SC2329

set -u
# shellcheck source=boot.sh
. "$(dirname "$0")/boot.sh"

directory=$(config_path).d
rules=$directory/site.conf
mkdir -p "$directory"
systemctl start prshmd.socket prshmd.service
pid=$(broker_pid)

user_creates() { # NAME
	as 1001:1001 client create "$1" 0600 text
}

is_refused() { # NAME
	local said
	said=$(user_creates "$1") && return 1
	[ "$said" = "create $1: the name policy does not allow it" ] || { echo "$said"; return 1; }
}

errors() {
	journalctl -u prshmd.service -p warning -o json
}

journal_names() { # FILE:LINE
	errors | grep -F "\"MESSAGE\":\"$1: "
}

reload_fails() {
	! systemctl reload prshmd.service
}

check without_rules_a_user_creates_anywhere user_creates /site/a
check nothing_is_wrong_yet equal '' errors
printf '[name /site]\ncreate-users = root\n' >"$rules"
check the_service_reloads systemctl reload prshmd.service
check the_new_rule_counts eventually is_refused /site/b
check other_names_are_not_concerned user_creates /elsewhere
check what_was_there_stays equal '/site/a: uid=1001 gid=1001 mode=0600 holders=0' client stat /site/a

printf '[name /site]\ncreate-users = no-such-user\nnonsense\n' >"$rules"
check a_broken_file_fails_the_reload reload_fails
check the_service_goes_on equal active systemctl is-active prshmd.service
check the_old_rule_still_counts is_refused /site/b
check the_journal_says_file_and_line eventually journal_names "$rules:2"
check as_an_error equal '' grep -v '"PRIORITY":"3"' <(errors)
check and_what_is_said_otherwise_is_no_warning equal '' grep -F ': ready, at most ' <(errors)

# Past the check that comes first.
systemctl kill -s HUP prshmd.service
stays() {
	journalctl -u prshmd.service -o cat | grep -F 'the configuration stays as it was'
}
check the_broker_itself_refuses_it_too eventually stays
check and_keeps_the_old_rule is_refused /site/b

rm "$rules"
check a_removed_file_reloads systemctl reload prshmd.service
check its_rule_is_gone eventually user_creates /site/b
check it_was_one_process_all_along equal "$pid" broker_pid
finish
