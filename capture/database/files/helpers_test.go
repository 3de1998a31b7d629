package files

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parallax/capture/database"
	"parallax/capture/snapshot"
)

// put writes a file.
func put(t testing.TB, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// table opens a file and describes its only table.
func table(t testing.TB, path string, o database.Options) (database.Source, *snapshot.Table, error) {
	t.Helper()
	src, err := Open(context.Background(), path, o)
	if err != nil {
		return nil, nil, err
	}
	list, err := src.Tables(context.Background())
	if err != nil {
		return src, nil, err
	}
	if len(list) != 1 {
		return src, nil, fmt.Errorf("%d tables", len(list))
	}
	return src, &list[0], nil
}

// dump reads a file as a header of classes and rows of "class text".
func dump(t testing.TB, path string, o database.Options) (string, *snapshot.Table, error) {
	t.Helper()
	src, of, err := table(t, path, o)
	if err != nil {
		return "", nil, err
	}
	defer src.Close()
	var out bytes.Buffer
	for i, c := range of.Columns {
		fmt.Fprintf(&out, "%s%s %s", strings.Repeat(" | ", min(i, 1)), c.Name, c.Class)
	}
	err = src.Read(context.Background(), of, func(b *snapshot.Batch) error {
		if err := whole(b); err != nil {
			return err
		}
		for row := range b.Rows {
			out.WriteByte('\n')
			for i := range b.Columns {
				class, c := b.Columns[i].Cell(row)
				fmt.Fprintf(&out, "%s%s %s", strings.Repeat(" | ", min(i, 1)), class, snapshot.AppendText(nil, class, c))
			}
		}
		return nil
	})
	return out.String(), of, err
}

// whole checks that a batch is what a writer relies on.
func whole(b *snapshot.Batch) error {
	for i := range b.Columns {
		v := &b.Columns[i]
		if v.Len() != b.Rows || v.Len() > 0 && int(v.Ends[v.Len()-1]) != len(v.Data) {
			return fmt.Errorf("column %d has %d cells in %d rows", i, v.Len(), b.Rows)
		}
	}
	return nil
}

func check(t *testing.T, what, got, want string, err error) {
	t.Helper()
	if err != nil || got != want {
		t.Errorf("%s: %v\n got %s\nwant %s", what, err, got, want)
	}
}
