#!/usr/bin/env bash
# Check: the new command runs, and if karen ran before, the new karen is running.
set -euo pipefail
source ./hook-functions.sh

say 90 "Checking $RELEASE"
[[ $("$ROOT/bin/signalbox" --version) == "${RELEASE#v}" ]]
[[ -e $ROOT/statuses/karen.json ]] || exit 0
for _ in $(seq 100); do
	pid=$(karen_pid)
	if [[ -n $pid ]] && kill -0 "$pid" 2>/dev/null; then exit 0; fi
	sleep 0.1
done
echo "karen did not start" >&2
exit 1
