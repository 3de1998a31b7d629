#!/usr/bin/env bash
# Runs the tests of the packages that share memory under the race detector.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v "${CC:-cc}" >/dev/null; then
	echo "race: SKIPPED: the race detector needs a C compiler, and there is none (scripts/setup.sh installs one)" >&2
	exit 0
fi
# The oracle's inputs are compared by make test; they share no memory that the
# other tests do not.
CGO_ENABLED=1 go test -race -timeout 40m -skip '^TestOracle' ./capture/recording/... ./capture/snapshot/... ./capture/database ./capture/proxy/... ./replay/... ./cmd/...
