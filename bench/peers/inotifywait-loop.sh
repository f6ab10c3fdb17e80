#!/bin/bash
# The watcher most people would write first. Usage: inotifywait-loop.sh DIRECTORY TRIGGER
inotifywait --quiet --monitor --event close_write,moved_to --format %f "$1" |
	while read -r name; do
		"$2" "$name" &
	done
