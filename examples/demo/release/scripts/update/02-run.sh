#!/usr/bin/env bash
# 02: checks that the new release works. The exit code decides: 0 commits, anything else rolls back.
set -euo pipefail

RELEASE=$1
ROOT=$2
source ./report

report 80 "Checking the service"
answer=$(node "$ROOT/service/bell.mjs" ask)
echo "the service answers: $answer"
[[ "$answer" == *"\"version\":\"${RELEASE#v}\""* ]] || { echo "it is not ${RELEASE#v}" >&2; exit 1; }

visitors=$(cat "$ROOT/run/visitors-before")
[[ "$answer" == *"\"visitors\":$visitors"* ]] || { echo "the visitors are gone: there were $visitors" >&2; exit 1; }
