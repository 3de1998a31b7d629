package files

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"parallax/capture/database"
)

// format is a kind of file.
type format string

// The formats, named as in a DSN.
const (
	parquetFormat format = "parquet"
	csvFormat     format = "csv"
	ndjsonFormat  format = "ndjson"
)

// cutFormat takes the format out of parquet:PATH, csv:PATH, ndjson:PATH or a
// path's extension.
func cutFormat(dsn string) (format, string) {
	for _, f := range []format{parquetFormat, csvFormat, ndjsonFormat} {
		if path, ok := strings.CutPrefix(dsn, string(f)+":"); ok {
			return f, path
		}
	}
	name := strings.ToLower(dsn)
	switch filepath.Ext(strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".zst")) {
	case ".parquet":
		if filepath.Ext(name) == ".parquet" { // it compresses by itself
			return parquetFormat, dsn
		}
	case ".csv":
		return csvFormat, dsn
	case ".ndjson", ".jsonl":
		return ndjsonFormat, dsn
	}
	return "", dsn
}

// find returns the files of a path or a glob, sorted.
func find(dsn string) (format, []string, error) {
	f, pattern := cutFormat(dsn)
	switch {
	case f == "":
		return "", nil, unknown(dsn)
	case pattern == "":
		return "", nil, fmt.Errorf("files: no file is named\nhint: %s:PATH", f)
	}
	if _, err := os.Lstat(pattern); err == nil { // a name may look like a pattern
		return f, []string{pattern}, nil
	}
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return "", nil, fmt.Errorf("files: %q: %w", pattern, err)
	}
	if len(paths) == 0 {
		return "", nil, fmt.Errorf("files: no file is called %q: %w", pattern, os.ErrNotExist)
	}
	return f, paths, nil
}

// unknown repeats the name of a file, and nothing that may be an address with a
// password: of another store, or one that lacks its postgres:// or mysql://.
func unknown(dsn string) error {
	name := fmt.Sprintf("%q", dsn)
	if strings.ContainsAny(dsn, "@=:") {
		name = "the address (it is not repeated here, as it may hold a password)"
	}
	return &database.DSNError{Err: fmt.Errorf("files: %s is of no known kind\nhint: postgres://…, mysql://…, mariadb://…, sqlite:FILE, "+
		"files called .parquet, .csv, .ndjson or .jsonl, or parquet:PATH, csv:PATH, ndjson:PATH", name)}
}

// tableName is a file's name without folder and known extensions.
func tableName(path string) string {
	name := filepath.Base(path)
	for _, ext := range []string{".gz", ".zst", ".parquet", ".csv", ".ndjson", ".jsonl"} {
		if n := len(name) - len(ext); n > 0 && strings.EqualFold(name[n:], ext) {
			name = name[:n]
		}
	}
	return name
}
