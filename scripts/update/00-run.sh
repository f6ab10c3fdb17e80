#!/usr/bin/env bash
# Prepare: install the packages of the new release while the old one is running.
set -euo pipefail
source ./hook-functions.sh

say 20 "Installing packages of $RELEASE"
modules="$ROOT/.modules/$RELEASE"
rm -rf "$modules"
mkdir -p "$modules"
(cd "$STAGED" && npm ci --omit=dev --ignore-scripts --no-audit --no-fund </dev/null)
mv "$STAGED/node_modules" "$modules/node_modules"
say 45 "Packages installed"
