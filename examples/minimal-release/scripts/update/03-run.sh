#!/usr/bin/env bash
# 03: cleans up after the commit. It is never undone, and if it fails the new release stays.
set -euo pipefail
ROOT=$2

rm -f "$ROOT/run/old-bulb"
