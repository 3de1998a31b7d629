#!/usr/bin/env bash
# Measures parallax beside its peers (docs/benchmarks.md). Further arguments go
# to scripts/bench.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh --bench
go run ./scripts/bench "$@"
