#!/usr/bin/env bash
# 00: prepares. The installed release is not changed yet.
set -euo pipefail

RELEASE=$1
ROOT=$2
source ./report

report 25 "Counting the visitors"
mkdir -p "$ROOT/run" "$ROOT/logs"
wc -l <"$ROOT/db/visitors.txt" >"$ROOT/run/visitors-before"
echo "visitors before $RELEASE: $(cat "$ROOT/run/visitors-before")"
