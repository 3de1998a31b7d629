#!/usr/bin/env bash
# gofmt, vet and staticcheck over the module and the nested ones.
#   scripts/lint.sh STATICCHECK-MODULE NESTED...
set -euo pipefail
cd "$(dirname "$0")/.."
check=$1
shift
bad=$(git ls-files '*.go' | xargs gofmt -l)
if [ -n "$bad" ]; then
	echo "lint: gofmt wants to change:" >&2
	echo "$bad" >&2
	exit 1
fi
for module in . "$@"; do
	(cd "$module" && go vet ./... && go run "$check" ./...)
done
