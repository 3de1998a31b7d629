#!/usr/bin/env bash
# Makes what a release ships besides the binary, into FOLDER: the manual page, the
# shells' completion, the certificates of the image.
#   scripts/release-files.sh FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."
dir=$1
certificates=${CERTIFICATES:-/etc/ssl/certs/ca-certificates.crt}
mkdir -p "$dir"
version=$(git describe --tags --always --dirty 2>/dev/null || echo devel)
date=$(git log -1 --format=%cs 2>/dev/null || true)
parallax() {
	CGO_ENABLED=0 go run -ldflags "-X main.buildVersion=$version -X main.buildDate=$date" ./cmd/parallax "$@"
}
parallax man | gzip -9n >"$dir/parallax.1.gz"
parallax completion bash >"$dir/parallax.bash"
parallax completion zsh >"$dir/_parallax"
parallax completion fish >"$dir/parallax.fish"
[ -s "$certificates" ] || { echo "release: no certificates at $certificates (CERTIFICATES names them)" >&2; exit 1; }
cp "$certificates" "$dir/ca-certificates.crt"
