#!/bin/bash
# SPDX-License-Identifier: MIT
#
# dropped.sh [SCENARIO]
#
# Tests of the core that were dropped, as a scenario of tests/core proves the same. The table below
# has, for each of them: the test, the file and the line of code that is broken on purpose (by sed),
# and the scenario that fails then. This script breaks each line in a copy of the code, and watches
# the scenario fail; with an argument, only those of that scenario. It prints TAP, and takes a
# minute or two.
#
# Environment: CC, the compiler.

set -u
export LC_ALL=C
read -r -a compiler <<<"${CC:-cc} -std=gnu17 -g -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -I. -Iinclude"
# shellcheck source=lib/scratch.sh
source "$(dirname "$0")/lib/scratch.sh"

table() {
	cat <<'END'
kept_stays_until_it_is_deleted
	daemon/core/registry.c s/segment->lifetime == WIRE_LIFETIME_UNTIL_UNUSED/true/
	what_is_kept_stays_for_ever
until_unused_goes_with_its_last_holder
	daemon/core/registry.c s/segment->lifetime == WIRE_LIFETIME_UNTIL_UNUSED/false/
	until_unused_goes_with_its_last_holder
a_connections_end_closes_all_it_holds
	daemon/core/registry.c s/segment->lifetime == WIRE_LIFETIME_UNTIL_UNUSED/false/
	a_connections_end_counts_as_close
what_lingers_goes_when_its_time_has_passed_and_not_before
	daemon/core/registry.c s/segment->deadline <= now/segment->deadline < now/
	a_lingering_segment_waits_for_its_time
an_open_within_the_linger_saves_it_and_the_next_linger_is_whole
	daemon/core/registry.c /^void registry_held/,/^}/s/clear_deadline/(void)/
	an_open_saves_what_lingers_and_a_failed_one_does_not
what_was_deleted_while_it_lingered_is_gone_once
	daemon/core/registry.c /^void registry_remove_name/,/^}/s/clear_deadline(registry, segment);//
	what_is_deleted_does_not_expire
what_was_deleted_while_it_was_held_does_not_linger
	daemon/core/registry.c s/if (!segment->named) {/if (!segment->named \&\& segment->linger == 0) {/
	what_is_deleted_does_not_expire
lingers_end_in_the_order_of_their_times
	daemon/core/registry.c s/a->deadline > b->deadline ? 1 : -1/a->deadline < b->deadline ? 1 : -1/
	they_go_in_the_order_of_their_times
a_rule_puts_a_linger_on_what_is_kept
	daemon/core/policy.c s/\*linger = rule->linger;/;/
	the_rule_of_the_name_has_the_last_word
a_rules_lifetime_takes_the_place_of_what_was_asked_for
	daemon/core/policy.c s/\*lifetime = rule->lifetime;/;/
	the_rule_of_the_name_has_the_last_word
rights_are_changed_by_owner_root_and_who_may_manage
	daemon/core/op-change.c /^enum status op_set_rights/,/^}/s/& WIRE_MANAGE/\& WIRE_DELETE/
	who_is_named_may_delete_or_manage_without_reading
max_mode_bounds_new_rights_of_all_but_root
	daemon/core/op-change.c s/ \&\& c->peer->credentials.uid != 0//
	the_rule_of_the_name_bounds_new_rights
only_root_gives_away_and_owners_pick_among_their_groups
	daemon/core/op-change.c s/!credentials_have_group(who, gid)/false/
	an_owner_gives_nothing_away_but_picks_among_the_own_groups
a_group_that_a_rule_forces_is_not_changed_by_the_owner
	daemon/core/op-change.c s/is_forced(c, segment, gid) ?/is_forced(c, segment, gid) \&\& false ?/
	a_group_that_the_rule_forces_only_root_changes
a_forced_owner_has_the_rights_and_the_creator_the_charge
	daemon/core/policy.c s/rights->uid = rule->owner;/;/
	a_forced_owner_has_the_rights_and_the_creator_pays
who_has_no_number_here_is_other_and_creates_nothing
	daemon/core/policy.c /^bool policy_may_create/,/^}/s/if (who->unmapped)/if (false)/
	who_has_no_number_here_creates_no_name
every_rule_is_named_by_its_number
	daemon/core/op-explain.c s/"rule 4: /"rule 5: /
	every_rule_of_the_rights_is_named
who_may_not_look_at_a_segment_is_not_told_whose_it_is
	daemon/core/op-explain.c s/if (!is_visible(c, segment))/if (false)/
	whose_a_hidden_segment_is_stays_hidden
who_may_create_is_told_by_file_and_line_or_by_the_limit
	daemon/core/op-explain.c s/decider->line, decider->prefix/decider->line + 1, decider->prefix/
	what_decides_about_creating_is_named
what_cannot_be_explained_is_refused
	daemon/core/op-explain.c s/status == STATUS_OK \&\& !right_name(c->request->explain.right)/false/
	what_cannot_be_asked_is_refused
the_limit_of_segments_is_kept_and_named
	daemon/core/account.c s/return REFUSED_USER;/return REFUSED_NOT;/
	a_users_own_limit_takes_the_place_of_the_share
who_is_given_a_segment_pays_for_it
	daemon/core/op-change.c s/status = charge_new_owner(c, segment, uid);/;/
	whom_a_limit_stops_is_given_nothing
a_lifetime_that_there_is_not_is_refused
	daemon/core/op-create.c s/request->open.lifetime > WIRE_LIFETIME_UNTIL_UNUSED/false/
	a_lifetime_is_of_a_new_segment_and_one_of_two
rights_that_are_refused_leave_the_old_ones
	daemon/core/rights.c s/mode > 0777/false/
	rights_that_are_refused_leave_the_old_ones
a_deleted_segment_has_no_rights_to_change
	daemon/core/registry.c /^void registry_remove_name/,/^}/s/RB_REMOVE(names, .*);/;/
	who_may_change_rights_is_owner_or_root
the_longest_names_and_files_still_fit_an_explanation
	daemon/core/op-explain.c s/(size_t)length : 1024/(size_t)length : 0/
	the_longest_names_and_files_still_fit
bytes_count_in_whole_pages
	daemon/core/segment-charges.c s/(size + page - 1)/size/
	bytes_count_in_whole_pages_and_are_refunded
one_segment_too_large_is_told_apart_from_too_many_bytes
	daemon/core/op-create.c s/? STATUS_TOO_BIG/? STATUS_NO_RESOURCES/
	bytes_count_in_whole_pages_and_are_refunded
handles_count_over_all_connections_of_a_user
	daemon/core/peer.c s/RESOURCE_HANDLES, 1, why/RESOURCE_HANDLES, 0, why/
	a_user_does_not_exceed_the_limit_by_closing_and_opening
connections_count_and_a_refused_one_costs_nothing
	daemon/core/peer.c s/RESOURCE_CONNECTIONS, 1, why/RESOURCE_CONNECTIONS, 0, why/
	a_connection_that_is_refused_leaves_nothing
a_rule_that_says_nothing_changes_nothing
	daemon/core/policy.c s/if (rule->group != POLICY_UNSET)/if (true)/
	the_rule_of_the_name_bounds_new_rights
a_rule_forces_owner_group_lifetime_linger_mode_and_adds_entries
	daemon/core/policy.c s/rights->gid = rule->group;/;/
	a_group_that_the_rule_forces_only_root_changes
whom_the_creator_names_the_rule_does_not_name_again
	daemon/core/policy.c s/if (!rights_find_entry(.*))$/if (true)/
	the_rules_entries_come_after_the_creators
more_entries_than_fit_with_the_rules_are_refused
	daemon/core/policy.c s/rights->entry_count + rule->entry_count > WIRE_ENTRIES_MAX/false/
	more_entries_than_fit_with_the_rules_create_nothing
as_many_entries_as_fit_are_taken_and_no_more
	daemon/core/rights.c s/entry_count > WIRE_ENTRIES_MAX/false/
	entries_that_no_segment_can_have_create_none
rights_that_no_segment_can_have_are_refused
	daemon/core/rights.c s/(entry->rights \& .ALL_RIGHTS) == 0/true/
	entries_that_no_segment_can_have_create_none
a_limit_bounds_the_mode_and_the_entries_by_its_group_bits
	daemon/core/rights.c s/(uint16_t)keep/0xffff/
	the_rule_of_the_name_bounds_new_rights
a_prefix_ends_where_a_component_does
	daemon/core/policy-find.c s/rules.first->prefix.at. == '.0'; rules.first++/true; rules.first++/
	the_search_finds_what_a_walk_over_all_rules_finds
a_stand_in_is_exactly_one_component
	daemon/core/policy-find.c s/memchr(name, '.', (size_t)(walk->end - name))/NULL/
	the_search_finds_what_a_walk_over_all_rules_finds
the_rule_with_the_most_components_decides
	daemon/core/policy-find.c s/depth > found->depth/false/
	the_search_finds_what_a_walk_over_all_rules_finds
of_two_as_long_the_one_without_a_stand_in_decides
	daemon/core/policy-find.c s/depth > found->depth/depth >= found->depth/
	the_search_finds_what_a_walk_over_all_rules_finds
anyone_may_create_where_no_rule_restricts
	daemon/core/policy.c /^bool policy_may_create/,/^}/s/return true;/return who->uid == 0;/
	below_a_stand_in_everyone_has_a_place
only_who_is_named_and_root_may_create_where_a_rule_restricts
	daemon/core/policy.c s/is_listed(decider, who))/true)/
	whom_the_rule_does_not_name_may_open_but_not_create
below_a_stand_in_only_that_user_and_root_may_create
	daemon/core/policy.c s/length == (size_t)digits && memcmp(part, number, length)/memcmp(part, number, (size_t)digits)/
	below_a_stand_in_everyone_has_a_place
who_has_no_number_here_may_create_nowhere
	daemon/core/policy.c /^bool policy_may_create/,/^}/s/if (who->unmapped)/if (false)/
	who_has_no_number_here_creates_no_name
a_stand_in_and_a_list_must_both_allow
	daemon/core/policy.c s/is_in_own_place(policy, decider, who, name, length) \&\&/is_in_own_place(policy, decider, who, name, length) ||/
	below_a_stand_in_everyone_has_a_place
a_user_who_is_not_in_passwd_has_the_place_of_the_number
	daemon/core/policy.c s/length == (size_t)digits/false/
	below_a_stand_in_everyone_has_a_place
each_user_may_have_what_is_left_divided_by_one_more_than_there_are
	daemon/core/account.c s/users + 1)/users)/
	users_share_and_root_takes_what_is_left
root_takes_without_sharing_but_not_more_than_there_is
	daemon/core/account.c s/payer->id == 0 || //
	users_share_and_root_takes_what_is_left
a_number_takes_the_place_of_the_share_for_root_too
	daemon/core/account.c /^static enum refusal_kind check/,/^}/s/ || payer->has_own\[resource\]//
	a_users_own_limit_takes_the_place_of_the_share
a_number_for_all_bounds_besides_the_share
	daemon/core/account.c s/return REFUSED_USER;/return REFUSED_NOT;/
	a_users_own_limit_takes_the_place_of_the_share
charges_move_even_where_the_host_has_not_room_for_both
	daemon/core/account.c /^enum status charges_move/,/^}/s/^\t\tgive_back(.*/\t\t;/
	a_full_host_is_not_in_the_way
every_refusal_names_a_key_of_its_own
	daemon/core/account.c s/"user-" key/"host-" key/
	a_limit_is_named_with_its_key
a_charge_is_refunded_once_and_its_account_goes_with_it
	daemon/core/account.c /^void charge_deinit/,/^}/s/give_back(.*;/;/
	closing_what_is_not_open_does_nothing
END
}

compile() { # SOURCE...
	local source
	for source in "$@"; do
		mkdir -p "objects/${source%/*}" && "${compiler[@]}" -c -o "objects/${source%.c}.o" "$source" || return 1
	done
}

link() { # PROGRAM
	mapfile -t objects < <(find objects -name '*.o' | sort)
	# As the makefile does it: the calls that tests/core/failing.c makes fail.
	read -r -a wrap <<<"$(grep -o -- '-Wl,--wrap=[^ \\]*' "$srcdir/tests/tests.am" | tr '\n' ' ')"
	read -r -a libraries <<<"$(pkg-config --libs check)"
	"${compiler[@]}" "${wrap[@]}" -o "$1" "${objects[@]}" "${libraries[@]}"
}

# fails PROGRAM SCENARIO: whether the scenario fails, and not because there is none of that name.
fails() {
	"./$1" "$2" >output 2>&1
	grep -q '^not ok' output || { cat output; return 1; }
}

build_all() {
	cp -r "$srcdir"/{base,daemon,wire,include,tests} . &&
		compile base/units.c daemon/core/*.c wire/*.c tests/lib/*.c \
			tests/core/{broker-*,expect,failing,invariants*,page,sums,test_broker,world}.c \
			tests/core/test_rule_search.c &&
		link whole && mapfile -t scenarios < <(table | awk 'NR % 3 == 0 { print $1 }' | sort -u) || return 1
	if ! ./whole "${scenarios[@]}" >output; then
		grep '^not ok' output
		return 1
	fi
}

# break_line FILE SED SCENARIO: the program is built with the broken file and without it again.
break_line() {
	local object=objects/${1%.c}.o
	cp "$1" kept.c && cp "$object" kept.o && sed -i "$2" "$1" &&
		{ ! cmp -s "$1" kept.c || { echo "nothing is broken in $1 by $2"; false; }; } &&
		compile "$1" && link broken && fails broken "$3"
	local status=$?
	mv kept.c "$1" && mv kept.o "$object"
	return $status
}

cd "$scratch" || exit 99
check "all of the scenarios pass where nothing is broken" build_all
while read -r name && read -r file breaks && read -r scenario; do
	[ -z "${1-}" ] || [ "$1" = "$scenario" ] || continue
	check "$scenario fails as $name did" break_line "$file" "$breaks" "$scenario"
done < <(table)
finish
