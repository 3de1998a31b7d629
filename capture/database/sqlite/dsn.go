package sqlite

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// pathOf takes the file's path out of sqlite:PATH, sqlite:///PATH or a path.
func pathOf(dsn string) (string, error) {
	path, ok := strings.CutPrefix(dsn, "sqlite:")
	if ok && strings.HasPrefix(path, "//") {
		if !strings.HasPrefix(path, "///") {
			return "", fmt.Errorf("sqlite: %q names a host; a file is sqlite:PATH or sqlite:///PATH", dsn)
		}
		path = path[2:]
	}
	if path == "" {
		return "", fmt.Errorf("sqlite: no file is named\nhint: sqlite:PATH")
	}
	return checkFile(path)
}

// checkFile refuses what SQLite would report as "unable to open" only. It does not
// open the file: closing it would drop the locks that other connections of this
// process hold on it.
func checkFile(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("sqlite: %w", err)
	}
	info, err := os.Stat(abs)
	switch {
	case err != nil:
		return "", fmt.Errorf("sqlite: %w", err)
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("sqlite: %s is not a file", path)
	}
	return abs, nil
}

// uri names the file as SQLite wants it, to be read only. SQLite ends the path at
// ? and #, and decodes %.
func uri(abs string, settings ...string) string {
	path := (&url.URL{Path: filepath.ToSlash(abs)}).EscapedPath()
	return "file:" + path + "?mode=ro&_dqs=0&" + strings.Join(settings, "&")
}

// quote writes a name as an identifier.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
