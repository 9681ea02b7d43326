#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Whom the hardened service recognises: users, their groups, and users who think that they are root.
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
check the_owner_is_who_connected \
	equal '/alice/open: uid=1001 gid=1001 mode=0644 holders=0' as $bob client stat /alice/open
check a_reader_of_another_uid_gets_a_descriptor_that_can_only_read \
	equal '/alice/open: text=hello map-to-write=no reopen-to-write=no' \
	as $bob client read /alice/open
check even_the_owner_gets_what_was_asked_for \
	equal '/alice/open: text=hello map-to-write=no reopen-to-write=no' \
	as $alice client read /alice/open

as $alice client create /alice/secret 0600 hidden
check what_others_may_not_read_they_do_not_see \
	equal 'stat /alice/secret: no such segment' as $bob client stat /alice/secret
check root_may_all equal '/alice/secret: uid=1001 gid=1001 mode=0600 holders=0' \
	client stat /alice/secret

as 1001:3000 client create /group 0640 ours
check a_stranger_to_the_group_is_denied equal "read /group: the segment's rights do not allow it" as $bob client read /group
check a_supplementary_group_counts \
	equal '/group: text=ours map-to-write=no reopen-to-write=no' \
	as 1002:1002,2999,3000 client read /group

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
check and_who_may_not_what_root_may equal 'stat /alice/secret: no such segment' \
	as_root_of $bob client stat /alice/secret
# Without a map one is nobody inside, 65534.
check nor_does_a_namespace_without_a_map_hide_who_one_is \
	equal '/alice/secret: uid=1001 gid=1001 mode=0600 holders=0' \
	as $alice unshare --user client stat /alice/secret

finish
