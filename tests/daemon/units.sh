#!/bin/bash
# SPDX-License-Identifier: MIT
# systemd has nothing to say against the four units. verify wants what ExecStart= names to exist,
# so it gets copies that name the prshmd just built; and it returns 0 for keys that it does not
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
	mkdir -p "$3"
	sed "s|^ExecStart=[^ ]*/prshmd|ExecStart=$top_builddir/prshmd|" "$1/prshmd.service" \
		>"$3/prshmd.service" && cp "$2/prshmd.socket" "$3/"
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

for unit in prshmd.service prshmd.socket; do
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

for unit in system user; do
	if grep -q "^ExecStart=$top_builddir/prshmd" "$scratch/$unit/prshmd.service"; then
		report ok "the_${unit}_service_starts_prshmd"
	else
		report not_ok "the_${unit}_service_starts_prshmd"
	fi
done

echo "1..$points"
exit $failed
