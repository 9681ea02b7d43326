#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The packages as administrators meet them: in a fresh Debian, under a systemd of its own. Run by
# `./quickstart package --test`, which builds them first; doc/PLACES.md tells the last run.

set -u
here=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd) || exit 1
mirror=${PRSHM_MIRROR:-http://deb.debian.org/debian}

usage() {
	cat <<'END'
Usage: tests/packages.sh DIRECTORY [RELEASE]...

Takes the packages of DIRECTORY, makes a fresh Debian of each RELEASE (bookworm or trixie; bookworm),
boots a systemd there, and installs, uses, upgrades, removes and purges. The packages must have been
built on a release that is no newer. PRSHM_MIRROR is where Debian's packages come from
(http://deb.debian.org/debian). Needs root.
END
}

# What the packages need is fetched before: the systemd of the test has no network.
fresh_tree() { # RELEASE TREE PACKAGES
	mmdebstrap --quiet --variant=minbase --aptopt='Binary::apt::APT::Keep-Downloaded-Packages "true"' \
		--include=ca-certificates,dbus,gcc,libc6-dev,libnspr4-dev,libpam-systemd,pkgconf,procps,runit,s6,systemd-sysv,systemd \
		"$1" "$2" "$mirror" &&
		cp -L /etc/resolv.conf "$2/etc/resolv.conf" &&
		mkdir "$2/packages" && cp "$3"/*.deb "$2/packages" && rm -f "$2"/packages/*-dbgsym_* &&
		chroot "$2" sh -c 'apt-get --quiet update && apt-get --quiet --yes --download-only install /packages/*.deb' &&
		rm -r "$2/packages"
}

# newer DIRECTORY PACKAGE...: the same contents in a package of a later version, for an upgrade.
newer() {
	local directory=$1 package
	shift
	for package; do
		dpkg-deb --raw-extract "$package" "$directory/extracted" &&
			sed -i -e 's/^\(Version: .*\)/\1+later/' -e 's/(= \([0-9.]*\))/(= \1+later)/' \
				"$directory/extracted/DEBIAN/control" &&
			dpkg-deb --root-owner-group --build "$directory/extracted" "$directory" >/dev/null || return 1
		rm -r "$directory/extracted"
	done
}

# What the test sees as /mnt/shared.
shared() {
	mkdir -p "$scratch/shared/later" &&
		cp "$packages"/*.deb "$here/tests/packages/"* "$here/tests/lib/tap.sh" "$scratch/shared" &&
		cp -r "$here/debian/tests" "$scratch/shared/autopkgtests" &&
		rm -f "$scratch"/shared/*-dbgsym_* &&
		newer "$scratch/shared/later" "$scratch/shared"/*.deb
}

in_fresh() { # RELEASE
	if ! { shared && fresh_tree "$1" "$scratch/tree" "$packages"; } >"$scratch/log" 2>&1; then
		cat "$scratch/log"
		echo "packages: no fresh $1"
		return 1
	fi
	(cd "$scratch/shared" && "$here/tests/systemd/private-systemd.sh" -r "$scratch/tree" bash inside.sh)
}

case ${1-} in
'' | -*)
	usage >&2
	exit 2
	;;
esac
packages=$(realpath "$1")
shift
[ $# -gt 0 ] || set -- bookworm
[ "$EUID" = 0 ] || { echo "packages: needs root" >&2 && exit 1; }
status=0
for release; do
	scratch=$(mktemp -d /var/tmp/prshm-packages.XXXXXX) || exit 1
	trap 'rm -rf --one-file-system "$scratch"' EXIT
	trap 'exit 1' HUP INT TERM
	start=$SECONDS
	echo "== $release"
	if in_fresh "$release"; then
		echo "== $release: passed in $((SECONDS - start)) s"
	else
		echo "== $release: FAILED in $((SECONDS - start)) s"
		status=1
	fi
	rm -rf --one-file-system "$scratch"
done
exit $status
