#!/usr/bin/env bash
# Clean up: keep only the packages of this release and the previous one, for a rollback by hand.
set -euo pipefail
source ./hook-functions.sh

cd "$ROOT/.modules"
# shellcheck disable=SC2012 # names are tags: no white space in them
ls -1t | grep -vx "$RELEASE" | tail -n +2 | xargs -r rm -rf --
