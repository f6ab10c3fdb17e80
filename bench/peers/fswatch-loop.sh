#!/bin/bash
# The loop of Umbrel's and Citadel's karen, which wake once a second. Usage: fswatch-loop.sh DIRECTORY TRIGGER
fswatch -0 --event=PlatformSpecific "$1" |
	while read -r -d '' path; do
		"$2" "${path##*/}" &
	done
