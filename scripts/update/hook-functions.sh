# Functions for the hooks of this directory; not a hook itself.
# Arguments of a hook: the release's tag, the root. Its working directory is the staged scripts/update.

RELEASE=$1
ROOT=$2
STAGED=$(cd ../.. && pwd -P)

# Writes the progress to update-status.json in one write, so that readers rarely see half a file.
say() {
	printf '{"state": "installing", "progress": %d, "description": "%s", "updateTo": "%s"}\n' "$1" "$2" "$RELEASE" \
		>"$ROOT/statuses/update-status.json"
	echo "$2"
}

# Switches node_modules to the packages of a release by one rename.
use_modules() {
	ln -sfn ".modules/$1/node_modules" "$ROOT/.node_modules.new"
	mv -T "$ROOT/.node_modules.new" "$ROOT/node_modules"
}

# Replaces the built programs by those of a release.
use_programs() {
	rsync --archive --delete --delay-updates "$ROOT/.modules/$1/dist/" "$ROOT/dist/"
}

karen_pid() {
	sed -n 's/.*"pid": *\([0-9]*\).*/\1/p' "$ROOT/statuses/karen.json" 2>/dev/null | head -n 1
}

# Stops only the karen of this root: the machine may run others.
stop_karen() {
	local pid
	pid=$(karen_pid)
	[[ -n $pid ]] || return 0
	grep -qs karen "/proc/$pid/cmdline" || return 0
	kill -TERM "$pid" 2>/dev/null || return 0
	for _ in $(seq 100); do
		kill -0 "$pid" 2>/dev/null || return 0
		sleep 0.1
	done
	kill -KILL "$pid" 2>/dev/null || true
}

start_karen() {
	if [[ -d /run/systemd/system ]] && systemctl is-enabled --quiet signalbox-karen 2>/dev/null; then
		systemctl restart signalbox-karen
		return
	fi
	(cd "$ROOT" && exec setsid ./karen --root "$ROOT" ${SIGNALBOX_CONFIG:+--config "$SIGNALBOX_CONFIG"} </dev/null >>"$ROOT/.karen.log" 2>&1) &
}
