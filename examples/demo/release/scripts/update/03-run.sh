#!/usr/bin/env bash
# 03: after the commit. What it does is never undone.
set -euo pipefail

RELEASE=$1
ROOT=$2
source ./report

rm -f "$ROOT/run/visitors-before"
report 100 "$RELEASE is installed" success
