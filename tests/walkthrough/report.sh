#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The service that is denied: it reads the settings, again and again, and tells what became of it.
#   report.sh PRSHMCTL

while :; do
	if said=$("$1" cat /settings/report 2>&1); then
		echo "report: it works: $said"
	else
		echo "report: it does not: $said"
	fi
	sleep 0.5
done
