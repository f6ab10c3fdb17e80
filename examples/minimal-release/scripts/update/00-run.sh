#!/usr/bin/env bash
# 00: prepares while the old release is running. Asks to run later (75) while somebody reads by the lamp.
set -euo pipefail
ROOT=$2

if [[ -e $ROOT/run/reading ]]; then
	echo "somebody reads by the lamp"
	exit 75
fi
