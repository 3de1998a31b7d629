#!/usr/bin/env bash
# Validates .goreleaser.yaml with goreleaser itself, from the Go module proxy, and
# with --snapshot makes everything but the image and the SBOM, for looking at. Not
# part of the tests: goreleaser takes minutes to build.
#   scripts/release-check.sh [--snapshot]
set -euo pipefail
cd "$(dirname "$0")/.."
goreleaser=${GORELEASER:-"go run github.com/goreleaser/goreleaser/v2@v2.14.3"}
$goreleaser check
[ "${1:-}" = --snapshot ] || exit 0
$goreleaser release --snapshot --clean --skip=docker,sbom
