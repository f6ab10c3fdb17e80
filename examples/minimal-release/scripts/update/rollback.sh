#!/usr/bin/env bash
# Starts this release again after it was brought back: its files are in place, its service may still be the other one's.
set -euo pipefail
ROOT=$2

"$ROOT/bin/lamp" stop
"$ROOT/bin/lamp" start
