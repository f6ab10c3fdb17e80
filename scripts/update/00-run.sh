#!/usr/bin/env bash
# Prepare: bring the packages of the new release, while the old one still runs.
set -euo pipefail
source ./hook-verbs.sh

say 20 "Bringing the packages of $RELEASE"
modules="$ROOT/.modules/$RELEASE"
rm -rf "$modules"
mkdir -p "$modules"
(cd "$STAGED" && npm ci --omit=dev --ignore-scripts --no-audit --no-fund </dev/null)
mv "$STAGED/node_modules" "$modules/node_modules"
say 45 "Packages are there"
