#!/usr/bin/env bash
# Validates .goreleaser.yaml with goreleaser itself, from the Go module proxy. With
# --snapshot also makes a release for looking at in dist/: the SBOM where syft is
# there, the image where buildah is, which needs no daemon. Not part of the tests:
# goreleaser takes minutes to build.
#   scripts/release-check.sh [--snapshot]
set -euo pipefail
cd "$(dirname "$0")/.."
goreleaser=${GORELEASER:-"go run github.com/goreleaser/goreleaser/v2@v2.14.3"}

image() {
	local context
	context=$(mktemp -d)
	mkdir -p "$context/linux/amd64" "$context/release"
	cp dist/parallax_linux_amd64_v1/parallax "$context/linux/amd64/"
	cp release/ca-certificates.crt "$context/release/"
	buildah build --isolation chroot --build-arg TARGETPLATFORM=linux/amd64 -t parallax:snapshot -f Dockerfile "$context"
	rm -r "$context"
	local container
	container=$(buildah from parallax:snapshot)
	buildah run --isolation chroot "$container" -- /usr/bin/parallax --version
	buildah rm "$container"
}

$goreleaser check
[ "${1:-}" = --snapshot ] || exit 0
skip=docker
command -v syft || { echo "no syft: no SBOM" >&2; skip=$skip,sbom; }
$goreleaser release --snapshot --clean --skip=$skip
if command -v buildah; then image; else echo "no buildah: no image" >&2; fi
