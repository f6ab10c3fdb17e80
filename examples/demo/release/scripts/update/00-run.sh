#!/usr/bin/env bash
# 00: prepares. Nothing of the installed release is touched yet.
set -euo pipefail

RELEASE=$1
ROOT=$2
source ./report

report 25 "Counting the visitors"
mkdir -p "$ROOT/run" "$ROOT/logs"
wc -l <"$ROOT/db/visitors.txt" >"$ROOT/run/visitors-before"
echo "there are $(cat "$ROOT/run/visitors-before") visitors before $RELEASE"
