#!/usr/bin/env bash
# Starts this release again after a rollback: rollback.sh RELEASE ROOT, with its files and data in place.
set -euo pipefail

ROOT=$2
"$ROOT/service/stop"
"$ROOT/service/start"
