#!/usr/bin/env bash
# 01: installs. Stops the service, copies the release over the root, migrates the data, starts the new service.
set -euo pipefail

RELEASE=$1
ROOT=$2
source ./report
STAGED=$(cd ../.. && pwd -P)

report 40 "Stopping the service"
"$ROOT/service/stop"

report 50 "Installing $RELEASE"
rsync --archive --verbose --delete \
	--include-from="$STAGED/scripts/update/.updateinclude" \
	--exclude-from="$STAGED/scripts/update/.updateignore" \
	"$STAGED/" "$ROOT/"

report 60 "Migrating the data"
"$ROOT/service/migrate"

report 70 "Starting the service"
"$ROOT/service/start"
