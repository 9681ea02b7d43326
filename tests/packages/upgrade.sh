#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Upgrades and downgrades under load: to a later version of the same release and back; and from the
# first packages that there were, also back across a version of the journal, which the older broker
# refuses.
#
# shellcheck disable=SC2317,SC2329 # functions are arguments of check

set -u
# shellcheck source=common.sh
. ./common.sh

# version_of PACKAGE: as dpkg has it installed.
version_of() {
	dpkg-query --show --showformat='${Version}\n' "$1"
}

# old PRSHMCTL-ARGUMENT...: a program that begins only now, with the library of the first packages.
old() {
	LD_LIBRARY_PATH=$scratch/first "$scratch/first/prshmctl" "$@"
}

old_library_works() {
	echo 'of an old one' | old write /packages/old-library && equal 'of an old one' old cat /packages/old-library &&
		old rm /packages/old-library
}

# Why the last broker ended: 3 says that the journal is a newer broker's.
refuses() {
	equal $'3\nexit-code' sh -c 'systemctl show --value -p ExecMainStatus prshmd.service &&
		systemctl show --value -p Result prshmd.service'
}

check apt_installs_them install_from .
check a_client_works start_client
change an_upgrade_under_load install_from later
check the_later_version_is_there sh -c 'dpkg -s prshm | grep -E "^Version: .*later"'
change and_back_again install_from . --allow-downgrades
check the_client_ends_well ends_well
check all_goes apt-get --quiet --yes purge "${names[@]}"

if [ ! -e first ]; then
	skip an_upgrade_from_the_first_packages "needs the history of the tree, down to the first packages"
	finish
	exit
fi
check apt_installs_the_first_packages install_from first
# Without the package whose page was in another one then.
mkdir "$scratch/first" "$scratch/renewed"
cp later/*.deb "$scratch/renewed" && rm "$scratch/renewed"/python3-prshm_*
cp -L /usr/lib/*/libprshm-client.so.0 /usr/bin/prshmctl "$scratch/first"
check a_client_of_their_library_works start_client
first=$(version_of prshm)
change an_upgrade_from_them install_from "$scratch/renewed"
check the_later_version_is_there dpkg --compare-versions "$(version_of prshm)" gt "$first"
check a_program_with_the_old_library_works old_library_works

# One broker's journal is the other's, or the older one leaves all to the keeper. The client rests
# meanwhile: a call ends with an error after some seconds, as if there were no broker.
remember
kill -STOP "$client"
check back_to_the_first_packages install_from first --allow-downgrades
if [ "$(property prshmd.service ActiveState)" != active ]; then
	check the_older_broker_refuses_the_newer_journal refuses
	check and_the_newer_one_brings_all_back install_from "$scratch/renewed"
fi
kill -CONT "$client"
nothing_is_lost
check the_old_client_ends_well ends_well
finish
