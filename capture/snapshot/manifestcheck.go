package snapshot

import (
	"bytes"
	"encoding/json"
	"fmt"

	"parallax/internal/sealed"
	"parallax/internal/store"
)

func (m *Manifest) encode() ([]byte, error) {
	if m.Tables == nil {
		m.Tables = []TableEntry{}
	}
	if m.Ledger.Accounts == nil {
		m.Ledger.Accounts = []Account{}
	}
	for i := range m.Tables {
		m.Tables[i].fill()
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(m); err != nil {
		return nil, fmt.Errorf("encode manifest: %w", err)
	}
	return sealed.SealDocument(b.Bytes()), nil
}

// fill makes lists that are empty read as such.
func (t *TableEntry) fill() {
	if t.Key == nil {
		t.Key = []string{}
	}
	if t.Columns == nil {
		t.Columns = []Column{}
	}
	if t.Files == nil {
		t.Files = []Part{}
	}
}

// parseManifest reads a manifest from outside and checks what the rest of the
// package relies on.
func parseManifest(b []byte) (*Manifest, error) {
	kind := sealed.Kind{Format: FormatName, Major: FormatMajor, CheckedFrom: minorWithCheck, ErrVersion: ErrVersion}
	m := &Manifest{}
	if err := kind.Read(b, m); err != nil {
		return nil, err
	}
	return m, m.check()
}

func (m *Manifest) check() error {
	if m.BlockRows < 1 {
		return fmt.Errorf("field \"block_rows\": %d: %w", m.BlockRows, ErrDamaged)
	}
	known := map[[2]string]bool{}
	files := map[string]bool{}
	for i := range m.Tables {
		t := &m.Tables[i]
		if known[t.ID()] {
			return fmt.Errorf("field \"tables\": %s is there twice: %w", t.FullName(), ErrDamaged)
		}
		known[t.ID()] = true
		if err := t.check(files); err != nil {
			return fmt.Errorf("table %s: %w", t.FullName(), err)
		}
	}
	return nil
}

// check looks at an entry; files are the names that others have.
func (t *TableEntry) check(files map[string]bool) error {
	if err := t.Table.check(); err != nil {
		return err
	}
	if err := t.Index.check(files); err != nil {
		return fmt.Errorf("field \"index\": %w", err)
	}
	var rows int64
	for i := range t.Files {
		p := &t.Files[i]
		if err := p.check(files); err != nil {
			return fmt.Errorf("field \"files\": entry %d: %w", i, err)
		}
		if p.Rows < 1 || rows+p.Rows < rows {
			return fmt.Errorf("%s: %d rows: %w", p.Name, p.Rows, ErrDamaged)
		}
		rows += p.Rows
	}
	if rows != t.Rows || t.Index.Rows != t.Blocks || t.Blocks > rows || t.DuplicateKeys < 0 || (t.Blocks == 0) != (rows == 0) {
		return fmt.Errorf("%d rows in %d blocks, but the files have %d and the index %d: %w", t.Rows, t.Blocks, rows, t.Index.Rows, ErrDamaged)
	}
	return nil
}

// check says what no writer takes and no reader relies on.
func (t *Table) check() error {
	if len(t.Columns) == 0 {
		return fmt.Errorf("a table without columns")
	}
	names := map[string]bool{}
	for i := range t.Columns {
		c := &t.Columns[i]
		if names[c.Name] {
			return fmt.Errorf("two columns %q", c.Name)
		}
		names[c.Name] = true
		if c.Class == Null || c.Class > Interval {
			return fmt.Errorf("column %q: class %s", c.Name, c.Class)
		}
	}
	seen := map[string]bool{}
	for _, name := range t.Key {
		if !names[name] || seen[name] {
			return fmt.Errorf("key column %q is none of the columns, or is named twice", name)
		}
		seen[name] = true
	}
	return nil
}

func (p *Part) check(known map[string]bool) error {
	for _, f := range []*File{&p.File, &p.Chunks} {
		if err := store.CheckName(f.Name); err != nil {
			return err
		}
		if f.Size < 0 || len(f.SHA256) != 64 {
			return fmt.Errorf("%s: size %d, %d digits of SHA-256: %w", f.Name, f.Size, len(f.SHA256), ErrDamaged)
		}
		if known[f.Name] {
			return fmt.Errorf("%s is there twice: %w", f.Name, ErrDamaged)
		}
		known[f.Name] = true
	}
	if p.Rows < 0 {
		return fmt.Errorf("%s: %d rows: %w", p.Name, p.Rows, ErrDamaged)
	}
	if p.ChunkBytes != 0 && (p.ChunkBytes < leastChunkBytes || p.ChunkBytes > mostChunkBytes) {
		return fmt.Errorf("%s: chunks of %d bytes: %w", p.Name, p.ChunkBytes, ErrDamaged)
	}
	return nil
}

// What a chunk's size can be: one byte each would be a hash a byte.
const (
	leastChunkBytes = 1 << 10
	mostChunkBytes  = 64 << 20
)
