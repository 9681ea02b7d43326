#!/bin/bash
# SPDX-License-Identifier: MIT
#
# chmod, chown, setfacl, getfacl and explain: the broker does what they say, for two users.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

me=$(id -un)
group=$(id -gn)
start_broker
ctl create --mode=0600 /x 4K

# mode FROM CHANGE TO
mode() {
	ctl chmod "$1" /x && ctl chmod "$2" /x && ctl list --noheadings --columns=rights /x && prints "$3"
}
mode 0600 0644 0644 && mode 0600 u-w,go+r 0444 && mode 0640 o+rw 0646 && mode 0666 go= 0600 &&
	mode 0600 +r 0644 && mode 0777 a=r,u+w 0644 && mode 0666 ug-rw 0006 && mode 0 a+rw 0666
point "chmod_takes_octal_and_symbolic_modes" $?
bad=0
for mode in u+x 8 1000 u 0649 'u+r,' ',u+r' rw ''; do
	ends 2 ctl chmod "$mode" /x || bad=1
done
point "chmod_refuses_other_modes" "$bad"

ctl chmod 0640 /x && ctl setfacl -m "u:$me:rwd,group:$group:r" /x && ctl getfacl /x
prints "# name: /x
# owner: $me
# group: $group
user::rw
group::r
other::-
user:$me:rwd
group:$group:r
"
point "getfacl_prints_what_setfacl_set" $?
ctl chmod 0600 /x && ctl getfacl /x && grep -qx "user:$me:rwd" "$scratch/out"
point "chmod_leaves_the_entries" $?
ctl setfacl -m "user:$me:-,user:12345:m,g::rw" /x && ctl getfacl /x &&
	[ "$(grep -c "^user:" "$scratch/out")" -eq 3 ] && grep -qx "user:$me:-" "$scratch/out" &&
	grep -qx "user:12345:m" "$scratch/out" && grep -qx "group::rw" "$scratch/out"
point "setfacl_replaces_adds_and_sets_the_mode" $?

ctl chmod 0666 /x && ctl setfacl -m g::r,o::- /x && ctl getfacl /x && grep -qx "user::rw" "$scratch/out" &&
	grep -qx "group::r" "$scratch/out" && grep -qx "other::-" "$scratch/out"
point "setfacl_takes_from_the_mode_what_is_not_said" $?

ctl create /copy 4K && ctl setfacl -m "group:7:r" /copy
"$prshmctl" getfacl /x | ctl setfacl --set-file=- /copy
diff <("$prshmctl" getfacl /x | grep -v '^# name') <("$prshmctl" getfacl /copy | grep -v '^# name') \
	>"$scratch/why"
point "setfacl_takes_back_what_getfacl_printed" $?
"$prshmctl" getfacl /x >"$scratch/acl" && ctl setfacl -b /x && ctl setfacl --set-file="$scratch/acl" /x &&
	diff "$scratch/acl" <("$prshmctl" getfacl /x) >"$scratch/why"
point "so_it_does_from_a_file" $?
ctl setfacl -x "user:$me,group:$group" /x && ctl getfacl /x && ! grep -q "^user:$me" "$scratch/out" &&
	grep -q "^user:12345:m" "$scratch/out"
point "setfacl_removes_single_entries" $?
ctl setfacl -b /x && ctl getfacl /x && [ "$(grep -c : "$scratch/out")" -eq 6 ]
point "setfacl_removes_all_entries" $?
ctl setfacl -m user:1:r /x && ends 1 ctl setfacl -x user:1,user:2 /x && says 'user:2: there is no such entry' &&
	ctl getfacl /x && grep -qx "user:$(id -un 1):r" "$scratch/out"
point "setfacl_does_all_or_nothing" $?
bad=0
for entry in user user:1 user:1:x user:1: mask::r other:1:r user::d user:nobody-at-all:r; do
	ends 1 ctl setfacl -m "$entry" /x && says "$entry" || bad=1
done
point "setfacl_says_what_is_wrong_with_an_entry" "$bad"
ctl setfacl -b /x && ctl setfacl -m "$(seq -s , -f 'user:%g:r' 1000 1031)" /x &&
	ends 1 ctl setfacl -m user:2000:r /x && says "at most 32"
point "an_entry_too_many_is_told" $?
ctl setfacl -b /x

ctl chown ":$group" /x && ctl chown "$me:$group" /x && ctl chown "$(id -u):$(id -g)" /x
point "chown_takes_names_and_numbers" $?
ends 1 ctl chown nobody-at-all /x && says 'no such user' &&
	ends 1 ctl chown :nobody-at-all /x && says 'no such group' && ends 2 ctl chown : /x
point "chown_says_what_is_wrong" $?

ctl explain /x && [ "$(wc -l <"$scratch/out")" -eq 4 ] && grep -q '^delete allowed by rule' "$scratch/out"
point "explain_tells_of_all_rights" $?
ctl explain /none && grep -q '^create allowed' "$scratch/out" && ends 1 ctl explain /none read &&
	says 'no such segment'
point "explain_tells_of_a_segment_that_is_not_there" $?

two_users="as_another_user_a_denial_says_why_and_what_to_type
chmod_lets_another_user_read
setfacl_lets_another_user_write_and_delete
what_cannot_be_seen_is_not_told
only_root_gives_to_another_user
unused_passes_over_what_others_own"
if is_root; then
	nobody=$(id -u nobody)
	nogroup=$(id -g nobody)
	ctl create --mode=0644 /root/readable 4K
	ends 1 as "$nobody" "$nogroup" write /root/readable </etc/hostname &&
		says "^prshmctl: /root/readable: permission denied: owner root, mode 0644; see 'prshmctl explain /root/readable'$" &&
		ends 1 as "$nobody" "$nogroup" rm /root/readable && says "owner root, mode 0644" &&
		as "$nobody" "$nogroup" explain /root/readable write && grep -q '^write denied by rule 5' "$scratch/out"
	point as_another_user_a_denial_says_why_and_what_to_type $?
	printf secret | ctl write --mode=0600 /root/secret
	ends 1 as "$nobody" "$nogroup" cat /root/secret && says "permission denied: you may not even see it; see 'prshmctl explain" &&
		ctl chmod o+r /root/secret && as "$nobody" "$nogroup" cat /root/secret &&
		[ "$(cat "$scratch/out")" = secret ]
	point chmod_lets_another_user_read $?
	ctl setfacl -m user:nobody:rwd /root/secret &&
		printf public | as "$nobody" "$nogroup" write /root/secret &&
		ctl cat /root/secret && [ "$(cat "$scratch/out")" = public ] &&
		as "$nobody" "$nogroup" rm /root/secret && ends 1 ctl show /root/secret
	point setfacl_lets_another_user_write_and_delete $?
	ctl create --mode=0600 /root/hidden 4K && as "$nobody" "$nogroup" list --noheadings --columns=name &&
		prints /root/readable && ends 1 as "$nobody" "$nogroup" show /root/hidden &&
		says 'no such segment, or none that you may see'
	point what_cannot_be_seen_is_not_told $?
	as "$nobody" "$nogroup" create /nobodys 4K &&
		ends 1 as "$nobody" "$nogroup" chown root /nobodys && says 'only the owner or root may do that: owner nobody' &&
		ctl chown root:root /nobodys && ctl list --raw --noheadings --columns=owner,group /nobodys && prints "root root"
	point only_root_gives_to_another_user $?
	as "$nobody" "$nogroup" create /nobodys/own 4K && as "$nobody" "$nogroup" rm --unused-for=0 / &&
		prints "removed /nobodys/own" && ctl show /root/readable
	point unused_passes_over_what_others_own $?
else
	for name in $two_users; do
		skip "$name" "needs root"
	done
fi
finish
