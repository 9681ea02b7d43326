#!/bin/bash
# SPDX-License-Identifier: MIT
# systemd has nothing to say against the eight units. verify wants what ExecStart= names to exist,
# so it gets copies that name the programs just built; and it returns 0 for keys that it does not
# know, so what it prints counts too.
set -u
: "${top_srcdir:?}" "${top_builddir:?}"

points=0
failed=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

report() { # ok|not_ok NAME [DIRECTIVE]
	points=$((points + 1))
	[ "$1" = ok ] || failed=1
	echo "${1/_/ } $points - $2${3:+ # $3}"
}

copy_units() { # FROM-GENERATED FROM-SOURCE TO
	local program
	mkdir -p "$3"
	for program in prshmd prshm-keeper; do
		sed "s|^ExecStart=[^ ]*/$program|ExecStart=$top_builddir/$program|" \
			"$1/$program.service" >"$3/$program.service" && cp "$2/$program.socket" "$3/"
	done
}

verify() { # NAME [OPTION] UNIT
	local name=$1 said status
	shift
	said=$(systemd-analyze --man=no "$@" 2>&1)
	status=$?
	if [ $status -eq 0 ] && [ -z "$said" ]; then
		report ok "$name"
	else
		printf '# status %s\n' $status "$said" | sed '2,$s/^/# /'
		report not_ok "$name"
	fi
}

if ! command -v systemd-analyze >/dev/null; then
	echo "1..0 # SKIP needs systemd-analyze (package systemd)"
	exit 0
fi

copy_units "$top_builddir/systemd" "$top_srcdir/systemd" "$scratch/system"
copy_units "$top_builddir/systemd/user" "$top_srcdir/systemd/user" "$scratch/user"
export XDG_RUNTIME_DIR=$scratch # or the user's part says that it is missing

for unit in prshmd.service prshmd.socket prshm-keeper.service prshm-keeper.socket; do
	verify "systemd_verifies_system_$unit" verify "$scratch/system/$unit"
	verify "systemd_verifies_user_$unit" --user verify "$scratch/user/$unit"
done

# That the check above can fail at all: an unknown key.
sed 's/^Type=/Tpye=/' "$scratch/system/prshmd.service" >"$scratch/prshmd.service"
if [ -n "$(systemd-analyze --man=no verify "$scratch/prshmd.service" 2>&1)" ]; then
	report ok a_misspelt_key_would_be_noticed
else
	report not_ok a_misspelt_key_would_be_noticed
fi

for unit in system/prshmd user/prshmd system/prshm-keeper user/prshm-keeper; do
	if grep -q "^ExecStart=$top_builddir/${unit#*/}\>" "$scratch/$unit.service"; then
		report ok "${unit/\//_}_starts_the_program_of_its_name"
	else
		report not_ok "${unit/\//_}_starts_the_program_of_its_name"
	fi
done

# What is in one unit only is not seen by who edits the other.
for key in User Group LimitNOFILE WatchdogSec OOMScoreAdjust; do
	said=$(sed -n "s/^$key=//p" "$scratch"/system/{prshmd,prshm-keeper}.service | uniq -c)
	if [[ $said =~ ^\ *2\ [^$'\n']+$ ]]; then
		report ok "broker_and_keeper_have_the_same_$key"
	else
		printf '# %s\n' "$said"
		report not_ok "broker_and_keeper_have_the_same_$key"
	fi
done

echo "1..$points"
exit $failed
