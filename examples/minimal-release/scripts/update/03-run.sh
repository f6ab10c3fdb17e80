#!/usr/bin/env bash
# 03: tidies after the commit. What it does is never undone, and when it fails the new release stays.
set -euo pipefail
ROOT=$2

rm -f "$ROOT/run/old-bulb"
