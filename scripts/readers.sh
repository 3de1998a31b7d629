#!/usr/bin/env bash
# Puts what reads our files besides us into FOLDER/bin, from the Python package
# index: DuckDB's command line, and a Python with pyarrow and pandas. The tests of
# docs/queries.md use them; they are never a part of the product.
#   scripts/readers.sh FOLDER      (bin/readers, where the tests look)
set -euo pipefail
dir=$1
"$(dirname "$0")/duckdb.sh" "$dir"
"$dir/bin/python" -c 'import pandas, pyarrow.parquet' 2>/dev/null && exit 0
"$dir/bin/pip" install -q --disable-pip-version-check pyarrow==26.0.1 pandas==3.1.1 ||
	{ echo "readers: pyarrow and pandas are not to be had"; exit 1; }
