#!/usr/bin/env bash
# Builds for every platform of a release, so that none breaks unseen.
set -euo pipefail
cd "$(dirname "$0")/.."
targets=$(sed -n 's/^ *targets: \[\(.*\)\]$/\1/p' .goreleaser.yaml | tr -d ,)
[ -n "$targets" ] || { echo "builds: .goreleaser.yaml names no targets" >&2; exit 1; }
for target in $targets; do
	echo "builds: $target"
	GOOS=${target%_*} GOARCH=${target#*_} CGO_ENABLED=0 go build -trimpath -tags timetzdata -o /dev/null ./cmd/parallax
done
