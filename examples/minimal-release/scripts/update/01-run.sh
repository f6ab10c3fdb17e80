#!/usr/bin/env bash
# 01: installs. Stops the service, copies the release over the root, starts the new service.
set -euo pipefail
RELEASE=$1
ROOT=$2
STAGED=$(cd ../.. && pwd -P)

say() { printf '{"state": "installing", "progress": %d, "description": "%s"}\n' "$1" "$2" >"$ROOT/statuses/update-status.json"; }

say 50 "Stopping the lamp"
"$ROOT/bin/lamp" stop

say 60 "Installing $RELEASE"
rsync --archive --delete --include-from=.updateinclude --exclude-from=.updateignore "$STAGED/" "$ROOT/"

say 70 "Starting the new lamp"
"$ROOT/bin/lamp" start
