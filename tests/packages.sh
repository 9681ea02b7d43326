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
boots a systemd there, and installs, uses, upgrades, removes and purges; from the packages of
DIRECTORY/first, too, if there are any. All packages must have been built on a release that is no
newer. PRSHM_MIRROR is where Debian's packages come from (http://deb.debian.org/debian). Needs root.
END
}

# What the tests need beside the packages. PACKAGES are fetched, and what they need: the systemd of
# the test has no network. Of prometheus nothing is wanted but promtool, a package of its own since
# Debian 13.
tools=apt-utils,ca-certificates,dbus,gcc,libc6-dev,libnspr4-dev,libpam-systemd,needrestart,pkgconf,postgresql
tools+=,procps,python3,python3-numpy,runit,s6,systemd,systemd-sysv,unattended-upgrades
fresh_tree() { # RELEASE TREE PACKAGES
	mmdebstrap --quiet --variant=minbase --aptopt='Binary::apt::APT::Keep-Downloaded-Packages "true"' \
		--include=$tools "$1" "$2" "$mirror" &&
		cp -L /etc/resolv.conf "$2/etc/resolv.conf" &&
		mkdir "$2/packages" && cp "$3"/*.deb "$2/packages" &&
		chroot "$2" sh -e <<'END' &&
get="apt-get --quiet --yes --download-only"
apt-get --quiet update
$get install /packages/*.deb
$get --reinstall install libsystemd0
cd /packages
apt-get --quiet download promtool || apt-get --quiet download prometheus
dpkg-deb --fsys-tarfile prom*.deb | tar --extract --directory=/ ./usr/bin/promtool
# Its own database is of no use here.
pg_lsclusters --no-header | while read -r version name _; do pg_dropcluster "$version" "$name"; done
END
		rm -r "$2/packages"
}

# newer DIRECTORY PACKAGE...: the same contents in a package of a later version, for an upgrade.
newer() {
	local directory=$1 package
	shift
	mkdir -p "$directory" || return 1
	for package; do
		dpkg-deb --raw-extract "$package" "$directory/extracted" &&
			sed -i -e 's/^\(Version: .*\)/\1+later/' -e 's/(= \([0-9.]*\))/(= \1+later)/g' \
				"$directory/extracted/DEBIAN/control" &&
			dpkg-deb --root-owner-group --build "$directory/extracted" "$directory" >/dev/null || return 1
		rm -r "$directory/extracted"
	done
}

# What the tests see as /mnt/shared.
shared() {
	local mine=$scratch/shared
	mkdir "$mine" && cp "$packages"/*.deb "$here/tests/packages/"* "$here/tests/lib/tap.sh" "$mine" &&
		cp -r "$here/debian/tests" "$mine/autopkgtests" && rm -f "$mine"/*-dbgsym_* &&
		newer "$mine/later" "$mine"/*.deb || return 1
	[ ! -d "$packages/first" ] || cp -r "$packages/first" "$mine"
}

in_fresh() { # RELEASE
	local script status=0
	if ! { shared && fresh_tree "$1" "$scratch/tree" "$scratch/shared"; } >"$scratch/log" 2>&1; then
		cat "$scratch/log"
		echo "packages: no fresh $1"
		return 1
	fi
	for script in "${scripts[@]}"; do
		echo "== $1: $script"
		(cd "$scratch/shared" && "$here/tests/systemd/private-systemd.sh" -r "$scratch/tree" bash "$script") || status=1
	done
	return $status
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
scripts=(fresh.sh upgrade.sh automatic.sh)
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
