#!/usr/bin/env bash
# 02: checks that the new release works. Any exit code except 0 rolls back.
set -euo pipefail
RELEASE=$1
ROOT=$2

answer=$("$ROOT/bin/lamp" ask)
echo "$answer"
[[ $answer == "lamp ${RELEASE#v} shines "* ]]
