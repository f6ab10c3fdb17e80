#!/usr/bin/env bash
# Starts this release again after a rollback: its files are in place; restores its packages, programs and karen.
# Arguments: the tag of this release, the root.
set -euo pipefail
RELEASE=$1
ROOT=$2

if [[ -d $ROOT/.modules/$RELEASE/node_modules ]]; then
	ln -sfn ".modules/$RELEASE/node_modules" "$ROOT/.node_modules.new"
	mv -T "$ROOT/.node_modules.new" "$ROOT/node_modules"
fi
if [[ -d $ROOT/.modules/$RELEASE/dist ]]; then
	rsync --archive --delete --delay-updates "$ROOT/.modules/$RELEASE/dist/" "$ROOT/dist/"
fi
if [[ -d /run/systemd/system ]] && systemctl is-enabled --quiet signalbox-karen 2>/dev/null; then
	systemctl restart signalbox-karen
fi
# Without systemd the updater itself starts karen if she ran before.
