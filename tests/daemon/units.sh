#!/bin/bash
# SPDX-License-Identifier: MIT
# systemd has nothing to say against the eight units. verify wants what ExecStart= names to exist,
# so it gets copies that name the programs just built; and it returns 0 for keys that it does not
# know, so what it prints counts too.
set -u
# shellcheck source=../lib/scratch.sh
source "$(dirname "$0")/../lib/scratch.sh"

copy_units() { # FROM-GENERATED FROM-SOURCE TO
	local program
	mkdir -p "$3"
	for program in prshmd prshm-keeper; do
		sed "s|^ExecStart=[^ ]*/$program|ExecStart=\"$builddir/$program\"|" \
			"$1/$program.service" >"$3/$program.service" && cp "$2/$program.socket" "$3/"
	done
}

# Whether systemd-analyze succeeds and has nothing to say.
is_clean() { # [OPTION]... UNIT
	local said
	said=$(systemd-analyze --man=no "$@" 2>&1) && [ -z "$said" ] && return
	printf '%s\n' "$said"
	return 1
}

command -v systemd-analyze >/dev/null || skip_all "needs systemd-analyze (package systemd)"

copy_units "$builddir/systemd" "$srcdir/systemd" "$scratch/system"
copy_units "$builddir/systemd/user" "$srcdir/systemd/user" "$scratch/user"
export XDG_RUNTIME_DIR=$scratch # or the user's part says that it is missing

for unit in prshmd.service prshmd.socket prshm-keeper.service prshm-keeper.socket; do
	check "systemd_verifies_system_$unit" is_clean verify "$scratch/system/$unit"
	check "systemd_verifies_user_$unit" is_clean --user verify "$scratch/user/$unit"
done

# That the check above can fail at all: an unknown key.
sed 's/^Type=/Tpye=/' "$scratch/system/prshmd.service" >"$scratch/prshmd.service"
! is_clean verify "$scratch/prshmd.service" >"$scratch/why"
point a_misspelt_key_would_be_noticed $?

for unit in system/prshmd user/prshmd system/prshm-keeper user/prshm-keeper; do
	check "${unit/\//_}_starts_the_program_of_its_name" \
		grep "^ExecStart=\"$builddir/${unit#*/}\"" "$scratch/$unit.service"
done

# What is in one unit only is not seen by who edits the other.
for key in User Group LimitNOFILE WatchdogSec OOMScoreAdjust; do
	said=$(sed -n "s/^$key=//p" "$scratch"/system/{prshmd,prshm-keeper}.service | uniq -c)
	echo "$said" >"$scratch/why"
	[[ $said =~ ^\ *2\ [^$'\n']+$ ]]
	point "broker_and_keeper_have_the_same_$key" $?
done

finish
