#!/usr/bin/env bash
# What the program is made of: every module checked against go.sum, every licence
# known (scripts/licences.txt), no known vulnerability that is reached, and a build
# that anyone can repeat.
#   scripts/supply.sh [--update]    --update rewrites the list of licences
set -euo pipefail
cd "$(dirname "$0")/.."
export CGO_ENABLED=0
list=scripts/licences.txt

# licence names the licence of a module's folder by its text.
licence() {
	local file
	file=$(find "$1" -maxdepth 1 -iname 'licen[sc]e*' -o -maxdepth 1 -iname 'copying*' | sort | head -1)
	if [ -z "$file" ]; then echo none; return; fi
	local text
	text=$(tr -s '[:space:]' ' ' <"$file")
	case $text in
	*'Apache License'*) echo Apache-2.0 ;;
	*'Mozilla Public License'*'2.0'*) echo MPL-2.0 ;;
	*'Redistribution and use in source and binary forms'*'Neither the name'*) echo BSD-3-Clause ;;
	*'Redistribution and use in source and binary forms'*) echo BSD-2-Clause ;;
	*'Permission is hereby granted, free of charge'*) echo MIT ;;
	*'Permission to use, copy, modify, and'*'distribute this software'*) echo ISC ;;
	*) echo unknown ;;
	esac
}

# modules are those that are linked into the program.
modules() {
	go list -deps -f '{{with .Module}}{{if .Version}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}' ./cmd/parallax | sort -u
}

licences() {
	modules | while read -r path version dir; do
		echo "$path $version $(licence "$dir")"
	done
}

go mod verify
if [ "${1:-}" = --update ]; then
	licences >"$list"
	exit
fi
if ! diff -u "$list" <(licences); then
	echo "supply: the program's modules or their licences are not those of $list" >&2
	echo "hint: look at the new ones, then scripts/supply.sh --update" >&2
	exit 1
fi
if grep -vE ' (Apache-2\.0|MPL-2\.0|BSD-[23]-Clause|MIT|ISC)$' "$list"; then
	echo "supply: these licences are not among those accepted" >&2
	exit 1
fi

# The same bytes from two folders, without a cache.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/one" "$work/two"
git ls-files -z | xargs -0 cp --parents -t "$work/one"
cp -r "$work/one" "$work/two/deeper" # before anything is built: the source may be worked on
for copy in one two/deeper; do
	(cd "$work/$copy" && GOCACHE="$work/cache-${copy%%/*}" go build -trimpath -buildvcs=false -ldflags '-s -w -X main.buildVersion=check' -o "$work/${copy%%/*}.bin" ./cmd/parallax)
done
if ! cmp "$work/one.bin" "$work/two.bin"; then
	echo "supply: two builds of the same source differ" >&2
	exit 1
fi
echo "supply: two builds are the same: $(sha256sum "$work/one.bin" | cut -d' ' -f1)"

go run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ./... || {
	echo "supply: known vulnerabilities were found, or could not be looked up (above)" >&2
	exit 1
}
