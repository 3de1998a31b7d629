#!/usr/bin/env bash
# The random tests at length: 200 kills a phase, 10,000 damaged artefacts of each
# format, every failing step (docs/faults-and-threats.md). Further arguments go to
# go test.
set -euo pipefail
cd "$(dirname "$0")/.."
export PARALLAX_NIGHTLY=1
go test -count=1 -timeout 3h -v \
	-run 'Kill|Mutat|Fail|Power|Hostile|Disks|Truncation|Flips|Recover' "$@" \
	./capture/... ./diff/... ./internal/... ./replay/... ./report/... ./cmd/... |
	grep -E '^(---|ok|FAIL|panic)|seed|refused|error,|rounds|^\s+[a-z_]+_test.go'
