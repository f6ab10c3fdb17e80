#!/usr/bin/env bash
# 00: prepares while the old release still runs. Somebody who reads by the lamp is not left in the dark: later, then.
set -euo pipefail
ROOT=$2

if [[ -e $ROOT/run/reading ]]; then
	echo "somebody reads by the lamp"
	exit 75
fi
