#!/bin/bash
# SPDX-License-Identifier: MIT
#
# examples/containers: two containers of different users share a segment that one of them may only
# read, with nothing of the host but the directory of the socket.
#
# shellcheck disable=SC2317,SC2329 # functions are arguments of check

set -u
export LC_ALL=C
# shellcheck source=container.sh
. "$(dirname "$0")/container.sh"

writes() { # CONTAINER UID NAME
	echo "from $2" | "$1" "$2" prshmctl write --mode=0600 "$3"
}

reads() { # CONTAINER UID NAME TEXT
	"$1" "$2" prshmctl cat "$3" | tr -d '\0' | grep -x "$4"
}

# refused COMMAND...: by the broker, and for no other reason.
refused() {
	local said
	said=$("$@" 2>&1) && return 1
	grep 'permission denied' <<<"$said" || { echo "$said" && return 1; }
}

check a_container_sees_the_broker_of_the_host container 1001 prshmctl status
check and_has_no_dev_shm container 1001 test ! -e /dev/shm
check one_container_writes writes container 1001 /containers/a
check one_of_another_user_may_not_read refused reads container 1002 /containers/a 'from 1001'
check it_lets_that_user_read container 1001 prshmctl setfacl -m user:1002:r /containers/a
check which_then_reads reads container 1002 /containers/a 'from 1001'
check and_does_not_write refused writes container 1002 /containers/a
check rootless_a_container_is_a_subordinate_user writes rootless 1002 /containers/b
check whom_the_other_kind_lets_read container 1001 prshmctl setfacl -m user:201002:r /containers/a
check and_who_then_reads reads rootless 1002 /containers/a 'from 1001'
check and_writes_not refused writes rootless 1002 /containers/a
finish
