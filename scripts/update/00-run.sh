#!/usr/bin/env bash
# Prepare: install the packages of the new release and build its programs while the old one is running.
set -euo pipefail
source ./hook-functions.sh

say 20 "Installing packages of $RELEASE"
modules="$ROOT/.modules/$RELEASE"
rm -rf "$modules"
mkdir -p "$modules"
(cd "$STAGED" && npm ci --omit=dev --ignore-scripts --no-audit --no-fund </dev/null)

say 35 "Building the programs of $RELEASE"
export PATH="$STAGED/node_modules/.bin:$PATH"
node ./lock-bundler.mjs "$STAGED" "$modules/bundler"
(cd "$modules/bundler" && npm ci --ignore-scripts --no-audit --no-fund </dev/null)
ln -s "$modules/bundler/node_modules/esbuild" "$STAGED/node_modules/esbuild"
node "$STAGED/scripts/dev/build.ts"
rm -r "$STAGED/node_modules/esbuild" "$modules/bundler"

mv "$STAGED/node_modules" "$STAGED/dist" "$modules/"
say 45 "Packages and programs installed"
