#!/usr/bin/env bash
# 03: cleans up after the commit. It is never undone.
set -euo pipefail

RELEASE=$1
ROOT=$2
source ./report

rm -f "$ROOT/run/visitors-before"
report 100 "$RELEASE is installed" success
