#!/usr/bin/env bash
# 02: looks whether the new release is well. Any exit code but 0 brings the old one back.
set -euo pipefail
RELEASE=$1
ROOT=$2

answer=$("$ROOT/bin/lamp" ask)
echo "$answer"
[[ $answer == "lamp ${RELEASE#v} shines "* ]]
