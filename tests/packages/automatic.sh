#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What needrestart and unattended-upgrades do by themselves loses nothing: a library that the broker
# uses is replaced, and needrestart restarts what has the old one; a newer prshm is in a repository,
# and is installed.
#
# shellcheck disable=SC2317,SC2329 # functions are arguments of check

set -u
# shellcheck source=common.sh
. ./common.sh

# libsystemd, which both halves of the broker have loaded.
replace_a_library() {
	NEEDRESTART_SUSPEND=1 apt-get --quiet --yes --reinstall install libsystemd0 &&
		grep 'libsystemd.*(deleted)' "/proc/$(property prshmd.service MainPID)/maps" &&
		grep 'libsystemd.*(deleted)' "/proc/$(property prshm-keeper.service MainPID)/maps"
}

needrestart_restarts() {
	needrestart -r a -l </dev/null && eventually has_keeper
}

# A repository as an administrator would have one: apt knows whose it is by its Origin.
make_repository() {
	mkdir "$scratch/repository" && chmod 755 "$scratch" && cp later/*.deb "$scratch/repository" &&
		(cd "$scratch/repository" && apt-ftparchive packages . >Packages &&
			apt-ftparchive -o APT::FTPArchive::Release::Origin=prshm release . >"$scratch/Release" &&
			mv "$scratch/Release" .) &&
		echo "deb [trusted=yes] file:$scratch/repository ./" >/etc/apt/sources.list.d/prshm.list &&
		cat >/etc/apt/apt.conf.d/99prshm <<'END' &&
Unattended-Upgrade::Origins-Pattern { "origin=prshm"; };
END
		apt-get --quiet update -o Dir::Etc::sourcelist=/etc/apt/sources.list.d/prshm.list \
			-o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0
}

upgrades_unattended() {
	unattended-upgrade --verbose && dpkg -s prshm | grep -E '^Version: .*later'
}

check apt_installs_them install_from .
check a_client_works start_client
check a_library_of_the_broker_is_replaced replace_a_library
change needrestart_restarts_both needrestart_restarts
check a_repository_has_a_later_version make_repository
change unattended_upgrades_installs_it upgrades_unattended
check the_client_ends_well ends_well
finish
