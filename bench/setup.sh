#!/bin/sh
# Installs what the bench compares with. Debian and its children, as root.
set -eu
[ "$(id -u)" = 0 ] || { echo "bench/setup.sh: run it as root" >&2; exit 1; }
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends gcc libc6-dev inotify-tools fswatch
