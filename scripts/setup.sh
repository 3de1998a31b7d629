#!/usr/bin/env bash
# Installs what the tests use beyond Go: a C compiler for the race detector and
# a browser for the report. Without root it says what is missing and goes on;
# the tests that need it skip loudly. --bench adds the benchmarks' peers.
set -euo pipefail

want=()
command -v cc >/dev/null || want+=(gcc libc6-dev)
command -v chromium >/dev/null || want+=(chromium fonts-dejavu-core)
if [ "${1:-}" = --bench ]; then
	for peer in zstd tshark wrk; do
		command -v "$peer" >/dev/null || want+=("$peer")
	done
fi
[ ${#want[@]} -gt 0 ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
	echo "setup: missing, and not installed here: ${want[*]}" >&2
	exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${want[@]}" >/dev/null
