#!/usr/bin/env bash
# Puts DuckDB's command line into FOLDER/bin, from the Python package index: a
# peer of the benchmarks, never a part of the product.
set -euo pipefail
dir=$1
[ -x "$dir/bin/duckdb" ] && exit 0
command -v python3 >/dev/null || { echo "duckdb: needs python3"; exit 1; }
python3 -m venv "$dir" >/dev/null 2>&1 || { echo "duckdb: python3 has no venv"; exit 1; }
"$dir/bin/pip" install -q --disable-pip-version-check duckdb-cli==1.5.6 || { echo "duckdb: not to be had"; exit 1; }
