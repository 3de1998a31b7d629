package main

import (
	"os"
	"path/filepath"
	"testing"

	"parallax/report/export"
)

// An exchange's request becomes a folder of forms, once.
func TestExport(t *testing.T) {
	dir := home(t)
	record(t, dir, "rec", 2)
	id := rows(t, dir, "rec")[0]["id"].(string)
	px(t, dir, 0, "show", "rec", id, "--export", "out", "--target", "http://127.0.0.1:9")
	for _, name := range []string{export.ShellName, export.HTTPName, export.GoName} {
		if _, err := os.Stat(filepath.Join(dir, "out", name)); err != nil {
			t.Error(err)
		}
	}
	px(t, dir, 2, "show", "rec", id, "--export", "out")
	px(t, dir, 2, "show", "rec", id, "--export", "more", "--target", "no URL")
	px(t, dir, 2, "show", "rec", "0000000000000000-00000000-00000000", "--export", "more")
	nothing(t, dir, "more")
}
