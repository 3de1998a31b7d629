package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"parallax/internal/sealed"
)

// compatFlag names a folder that does not exist yet, such as v1.1, to be made below
// fixtures/compat; compatWith is the program that makes it.
var (
	compatFlag = flag.String("make-compat", "", "write fixtures/compat/`VERSION`")
	compatWith = flag.String("compat-with", "parallax", "`PROGRAM` that makes it")
)

func compatFolder(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", "..", "fixtures", "compat"))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestF33_EveryVersionIsRead: what the program of each version of the formats wrote
// is proved whole and read, with the same contents, for ever. A fixture is made
// once and never again. (F33)
func TestF33_EveryVersionIsRead(t *testing.T) {
	home(t)
	root := compatFolder(t)
	if *compatFlag != "" {
		makeCompat(t, filepath.Join(root, *compatFlag), *compatWith)
	}
	versions, err := filepath.Glob(filepath.Join(root, "v*"))
	if err != nil || len(versions) < 2 {
		t.Fatalf("fixtures of %d versions: %v", len(versions), err)
	}
	for _, dir := range versions {
		t.Run(filepath.Base(dir), func(t *testing.T) { readCompat(t, dir) })
	}
}

func readCompat(t *testing.T, dir string) {
	lines, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil || len(lines) != 6 {
		t.Fatalf("%d artefacts: %v", len(lines), err)
	}
	for _, file := range lines {
		artefact := strings.TrimSuffix(filepath.Base(file), ".jsonl")
		px(t, dir, 0, "verify", artefact)
		if what := lacks(t, px(t, dir, 0, "cat", artefact).stdout, readText(t, file)); what != "" {
			t.Errorf("%s reads otherwise: %s", artefact, what)
		}
	}
	out := t.TempDir()
	px(t, dir, 0, "diff", "recording", "run", "-o", filepath.Join(out, "cmp"), "-q")
	px(t, dir, 0, "diff", "old", "new", "-o", filepath.Join(out, "tables"), "-q")
	for kept, again := range map[string]string{"comparison": "cmp", "tables": "tables"} {
		px(t, dir, 1, "gate", kept)
		px(t, out, 1, "gate", again)
		px(t, dir, 0, "report", kept, "-o", filepath.Join(out, kept))
	}
}

// lacks says what of the JSON lines want is not, or is otherwise, in got. A later
// version may say more of the same row.
func lacks(t *testing.T, got, want string) string {
	t.Helper()
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	if len(g) != len(w) || len(w) < 2 {
		return fmt.Sprintf("%d lines, want %d", len(g), len(w))
	}
	for i := range w[:len(w)-1] {
		var a, b any
		if err := errors.Join(json.Unmarshal([]byte(g[i]), &a), json.Unmarshal([]byte(w[i]), &b)); err != nil {
			t.Fatal(err)
		}
		if !holds(a, b) {
			return fmt.Sprintf("line %d: %s, want %s", i+1, g[i], w[i])
		}
	}
	return ""
}

// holds reports whether got holds all that want holds.
func holds(got, want any) bool {
	object, is := want.(map[string]any)
	other, same := got.(map[string]any)
	if !is || !same {
		return reflect.DeepEqual(got, want)
	}
	for key, value := range object {
		if found, there := other[key]; !there || !holds(found, value) {
			return false
		}
	}
	return true
}

// makeCompat writes one artefact of each kind, and what it holds beside it.
func makeCompat(t *testing.T, dir, program string) {
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	work := t.TempDir()
	must := func(args ...string) string {
		got := startWith(t, work, nil, nil, program, args...).wait(childLimit)
		if got.code != 0 {
			t.Fatalf("%q: exit code %d\n%s", args, got.code, got.stderr)
		}
		return got.stdout
	}
	writePcap(t, filepath.Join(work, "a.pcap"), 12)
	target := newStub(t, 0)
	writeText(t, filepath.Join(work, "old.csv"), "id,name,price\n1,ada,10.50\n2,bob,7\n3,eve,1e3\n")
	writeText(t, filepath.Join(work, "new.csv"), "id,name,price\n1,ada,10.5\n2,Bob,7\n4,mal,0\n")
	must("capture", "packets", "--read", "a.pcap", "-o", "recording", "--redact", "off", "-q")
	must("replay", "recording", "--target", target.url, "-o", "run", "--max", "--allow-writes", "--connections", "1", "-q")
	must("diff", "recording", "run", "-o", "comparison", "-q")
	for _, side := range []string{"old", "new"} {
		must("capture", "database", side+".csv", "--key", "*=id", "--redact", "off", "-o", side)
	}
	must("diff", "old", "new", "-o", "tables", "-q")
	for _, artefact := range []string{"recording", "run", "comparison", "old", "new", "tables"} {
		if err := os.CopyFS(filepath.Join(dir, artefact), os.DirFS(filepath.Join(work, artefact))); err != nil {
			t.Fatal(err)
		}
		writeText(t, filepath.Join(dir, artefact+".jsonl"), must("cat", artefact))
	}
}

// TestF33_NewerVersions: a newer minor version is read, what it says beyond ours is
// left alone; a newer major is refused, by its number and ours. (F33)
func TestF33_NewerVersions(t *testing.T) {
	root := compatFolder(t)
	versions, err := filepath.Glob(filepath.Join(root, "v*"))
	if err != nil || len(versions) == 0 {
		t.Fatal(err)
	}
	last := slices.Max(versions)
	for _, artefact := range []string{"recording", "run", "comparison", "old", "tables"} {
		dir := home(t)
		if err := os.CopyFS(filepath.Join(dir, "x"), os.DirFS(filepath.Join(last, artefact))); err != nil {
			t.Fatal(err)
		}
		manifest := filepath.Join(dir, "x", "manifest.json")
		text := readText(t, manifest)
		body, _, _ := strings.Cut(text, ",\n  \"check\"")
		for _, c := range []struct {
			from, to string
			code     int
			says     string
		}{
			{`"minor": 1`, `"minor": 9`, 0, ""},
			{`"minor": 1`, `"minor": 9, "patch": [{"from": "later"}]`, 0, ""},
			{`"major": 1`, `"major": 2`, 3, "version 2.1"},
			{`"major": 1`, `"major": 0`, 3, "version 0.1"},
		} {
			changed := strings.Replace(body, c.from, c.to, 1)
			if changed == body {
				t.Fatalf("%s: there is no %s", artefact, c.from)
			}
			writeText(t, manifest, string(sealed.SealDocument([]byte(changed+"\n}\n"))))
			for _, command := range []string{"verify", "cat"} {
				got := start(t, dir, nil, command, "x").wait(childLimit)
				if got.code != c.code || !strings.Contains(got.stderr, c.says) {
					t.Errorf("%s of %s with %s: exit code %d, want %d\n%s", command, artefact, c.to, got.code, c.code, got.stderr)
				}
				if c.code == 0 && command == "cat" {
					if what := lacks(t, got.stdout, readText(t, filepath.Join(last, artefact+".jsonl"))); what != "" {
						t.Errorf("%s with %s reads otherwise: %s", artefact, c.to, what)
					}
				}
			}
		}
	}
}
