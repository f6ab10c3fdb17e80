#!/usr/bin/env bash
# Starts this release again after a rollback: its files are in place, but the newer service may still be running.
set -euo pipefail
ROOT=$2

"$ROOT/bin/lamp" stop
"$ROOT/bin/lamp" start
