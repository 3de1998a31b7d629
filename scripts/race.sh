#!/usr/bin/env bash
# Runs the tests of the packages that share memory under the race detector.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v "${CC:-cc}" >/dev/null; then
	echo "race: SKIPPED: the race detector needs a C compiler, and there is none (scripts/setup.sh installs one)" >&2
	exit 0
fi
# The oracle's inputs, killed processes, damaged files and hostile peers are make
# test's: they share no memory that the other tests do not.
CGO_ENABLED=1 go test -race -timeout 40m -skip '^TestOracle|^TestF[0-9]+_|^TestT[0-9]+_|Killed' ./capture/recording/... ./capture/snapshot/... ./capture/database ./capture/proxy/... ./replay/... ./cmd/...
