#!/usr/bin/env bash
# 00: prepares while the old release is running. Asks to run later (75) while the lamp is in use.
set -euo pipefail
ROOT=$2

if [[ -e $ROOT/run/reading ]]; then
	echo "the lamp is in use"
	exit 75
fi
