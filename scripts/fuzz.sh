#!/usr/bin/env bash
# Fuzzes every target for PARALLAX_FUZZ seconds (10 by default).
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${PARALLAX_FUZZ:-10}
grep -rlE '^func Fuzz' --include='*_test.go' . | while read -r file; do
	package=$(dirname "$file")
	grep -oE '^func Fuzz[A-Za-z0-9_]+' "$file" | sed 's/func //' | while read -r target; do
		echo "fuzz: $package $target"
		go test "$package" -run '^$' -fuzz "^$target\$" -fuzztime "${seconds}s"
	done
done
