#!/usr/bin/env bash
# Finish: keep the packages of this release and of the one before it, for a rollback by hand.
set -euo pipefail
source ./hook-verbs.sh

cd "$ROOT/.modules"
# shellcheck disable=SC2012 # names are tags: no white space in them
ls -1t | grep -vx "$RELEASE" | tail -n +2 | xargs -r rm -rf --
