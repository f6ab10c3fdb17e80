#!/usr/bin/env bash
# Install: stop karen, copy the new tree over the old one, start karen from it. The running update continues.
set -euo pipefail
source ./hook-functions.sh

was=$(sed -n 's/.*"version": *"\([^"]*\)".*/\1/p' "$ROOT/info.json" | head -n 1)
if [[ -d $ROOT/node_modules && ! -L $ROOT/node_modules ]]; then
	mkdir -p "$ROOT/.modules/v$was"
	mv "$ROOT/node_modules" "$ROOT/.modules/v$was/node_modules"
	use_modules "v$was"
fi
if [[ -d $ROOT/dist && ! -d $ROOT/.modules/v$was/dist ]]; then
	mkdir -p "$ROOT/.modules/v$was"
	cp --archive "$ROOT/dist" "$ROOT/.modules/v$was/dist"
fi

say 50 "Stopping karen"
ran=$(karen_pid)
stop_karen

say 60 "Installing $RELEASE"
rsync --archive --include-from=.updateinclude --exclude-from=.updateignore --delete "$STAGED/" "$ROOT/"
use_modules "$RELEASE"
use_programs "$RELEASE"

if [[ -n $ran ]]; then
	say 80 "Starting karen"
	start_karen
fi
