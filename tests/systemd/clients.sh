#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Whom the hardened service recognises: users, their groups, and users who think that they are root;
# and that the broker that comes after it recognises them on the same connections.
#
# Functions here are called by check.
# shellcheck disable=SC2317,SC2329

set -u
# shellcheck source=boot.sh
. "$(dirname "$0")/boot.sh"

alice=1001:1001
bob=1002:1002

systemctl start prshmd.socket

check a_user_creates as $alice client create /alice/open 0644 hello
as $alice client create /alice/secret 0600 hidden
as 1001:3000 client create /group 0640 ours

# Root in a user namespace of alice's own: for the broker she is alice.
as_root_of() {
	local user=$1
	shift
	as "$user" unshare --user --map-root-user "$@"
}

check in_a_user_namespace_one_may_be_root equal 0 as_root_of $alice id -u
check a_root_of_a_user_namespace_is_its_real_user as_root_of $alice client \
	create /alice/inside 0600 inside
check whose_segments_are_that_users \
	equal '/alice/inside: uid=1001 gid=1001 mode=0600 holders=0' as $alice client stat /alice/inside

of_alice='/alice/secret: uid=1001 gid=1001 mode=0600 holders=0'
not_seen='stat /alice/secret: no such segment'

are_recognised() { # WHEN
	check "$1: the owner is who connected" \
		equal '/alice/open: uid=1001 gid=1001 mode=0644 holders=0' \
		as $bob client stat /alice/open
	check "$1: a reader of another uid gets a descriptor that can only read" \
		equal '/alice/open: text=hello map-to-write=no reopen-to-write=no' \
		as $bob client read /alice/open
	check "$1: even the owner gets what was asked for" \
		equal '/alice/open: text=hello map-to-write=no reopen-to-write=no' \
		as $alice client read /alice/open
	check "$1: what others may not read they do not see" \
		equal "$not_seen" as $bob client stat /alice/secret
	check "$1: root may all" equal "$of_alice" client stat /alice/secret
	check "$1: a stranger to the group is denied" \
		equal "read /group: the segment's rights do not allow it" as $bob client read /group
	check "$1: a supplementary group counts" \
		equal '/group: text=ours map-to-write=no reopen-to-write=no' \
		as 1002:1002,2999,3000 client read /group
	check "$1: a root of a user namespace may not what root may" \
		equal "$not_seen" as_root_of $bob client stat /alice/secret
	# Without a map one is nobody inside, 65534.
	check "$1: nor does a namespace without a map hide who one is" \
		equal "$of_alice" as $alice unshare --user client stat /alice/secret
}

# restart_before EXPECTED COMMAND...: the client that COMMAND... starts connects, and asks when
# broker and keeper have both been replaced. They hold the journal, four segments and that client.
restart_before() {
	local expected=$1 keeper
	shift
	hold "$@" client stat /alice/open wait stat /alice/secret || return 1
	keeper=$(keeper_pid)
	systemctl restart prshm-keeper.service && eventually another_runs_than prshm-keeper "$keeper" &&
		eventually keeper_holds 7 && kill_and_await prshmd KILL || return 1
	go >/run/said # here, not in a subshell: or the client stays
	equal "$expected" cat /run/said
}

# The short form: the one who only thinks that he is root, and all once more after that restart.
! is_long || are_recognised first
check the_connection_of_a_user_namespaces_root_is_still_its_users restart_before "$not_seen" as_root_of $bob
if is_long; then
	check that_of_the_owner_is_still_hers restart_before "$of_alice" as $alice
	check that_of_another_is_still_the_others restart_before "$not_seen" as $bob
	check that_of_root_is_still_roots restart_before "$of_alice" env
	check that_of_a_namespace_without_a_map_too \
		restart_before "$of_alice" as $alice unshare --user
fi
are_recognised after_restarts
finish
