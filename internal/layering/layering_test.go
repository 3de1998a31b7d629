// Package layering holds the direction of imports that docs/architecture.md
// draws.
package layering

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"strings"
	"testing"
)

// room is one row of the table in docs/architecture.md: the packages under
// folder may import these of the module's own, besides their own folder.
type room struct {
	folder string
	may    []string
	why    string
}

// The longest folder that holds a package decides.
var rooms = []room{
	{"internal", []string{"internal"}, "internal holds what others share; it knows none of them"},
	{"capture/recording", []string{"internal"}, "the recording format is a leaf that everything reads"},
	{"capture/packets", []string{"capture/recording", "internal"}, "a source knows only what it makes"},
	{"capture/proxy", []string{"capture/recording", "internal"}, "a source knows only what it makes"},
	{"capture/importer", []string{"capture/recording", "internal"}, "a source knows only what it makes"},
	{"capture/redact", []string{"capture/recording", "capture/snapshot", "internal"}, "a stage between source and writer"},
	{"capture/snapshot", []string{"internal"}, "the snapshot format is a leaf"},
	{"capture/database", []string{"capture/snapshot", "internal"}, "a source knows only what it makes"},
	{"replay", []string{"capture/recording", "internal"}, "replay and diff do not know each other"},
	{"replay/mirror", []string{"replay", "capture/recording", "internal"}, "a mirror sends as a replay does; who compares is told, not known"},
	{"diff/comparison", []string{"internal"}, "the comparison format is a leaf that reports read"},
	{"diff/expression", []string{"capture/snapshot", "internal"}, "a language knows values, not who asks for them"},
	{"diff/rules", []string{"diff/expression", "internal"}, "rules are read before anything is compared"},
	{"diff/jsondiff", []string{"diff/rules", "diff/comparison", "internal"}, "a comparator of one kind of body"},
	{"diff/body", []string{"diff/rules", "diff/jsondiff", "diff/comparison", "internal"}, "bodies are compared without knowing recordings"},
	{"diff/tables", []string{"diff/expression", "diff/rules", "diff/jsondiff", "diff/comparison", "capture/snapshot", "internal"}, "tables are compared without knowing recordings"},
	{"diff/repair", []string{"diff/comparison", "internal"}, "statements are written from the comparison alone"},
	{"diff", []string{"diff", "capture/recording", "capture/snapshot", "internal"}, "diff reads what capture and replay wrote"},
	{"report", []string{"diff/comparison", "capture/recording", "internal"}, "a report reads what diff wrote and compares nothing"},
	{"cmd", []string{"capture", "replay", "diff", "report", "internal"}, "wiring"},
	{"scripts", []string{"capture", "replay", "diff", "report", "internal"}, "generators and benchmarks"},
	{"docs", nil, "pages, and a test of what they claim"},
	{"fixtures", []string{"internal"}, "inputs stand apart from the product"},
}

// oneRoom are modules that appear under one folder only.
var oneRoom = map[string][]string{
	"github.com/google/gopacket": {"capture/packets", "scripts"},
	"github.com/urfave/cli/v2":   {"cmd/parallax"},
	"github.com/goccy/go-yaml":   {"cmd/parallax", "internal/route/openapi"},
	"github.com/expr-lang/expr":  {"diff/expression"},

	"github.com/jackc/pgx/v5":        {"capture/database/postgres"},
	"github.com/go-sql-driver/mysql": {"capture/database/mysql"},
	"modernc.org/sqlite":             {"capture/database/sqlite"},
}

type pkg struct {
	ImportPath string
	Imports    []string
}

func TestImportsRunOneWay(t *testing.T) {
	for _, p := range list(t) {
		own := strings.TrimPrefix(p.ImportPath, "parallax/")
		r, ok := roomOf(own)
		if !ok {
			t.Errorf("%s stands in no room of docs/architecture.md", own)
			continue
		}
		for _, imp := range p.Imports {
			checkImport(t, own, r, imp)
		}
	}
}

func checkImport(t *testing.T, own string, r room, imp string) {
	for module, folders := range oneRoom {
		if within(imp, module) && !anyWithin(own, folders) {
			t.Errorf("%s imports %s, which belongs in %s only", own, imp, strings.Join(folders, ", "))
		}
	}
	target, inModule := strings.CutPrefix(imp, "parallax/")
	if inModule && !within(target, r.folder) && !anyWithin(target, r.may) {
		t.Errorf("%s imports %s: %s (it may import %s)", own, target, r.why, strings.Join(r.may, ", "))
	}
}

// TestTheCheckCanFail plants the imports that must be refused.
func TestTheCheckCanFail(t *testing.T) {
	for own, imp := range map[string]string{"replay": "diff", "capture/recording": "capture/packets", "report": "diff/rules"} {
		r, _ := roomOf(own)
		if within(imp, r.folder) || anyWithin(imp, r.may) {
			t.Errorf("%s may import %s", own, imp)
		}
	}
}

func roomOf(own string) (room, bool) {
	best := -1
	for i, r := range rooms {
		if within(own, r.folder) && (best < 0 || len(r.folder) > len(rooms[best].folder)) {
			best = i
		}
	}
	if best < 0 {
		return room{}, false
	}
	return rooms[best], true
}

func within(p, folder string) bool { return p == folder || strings.HasPrefix(p, folder+"/") }

func anyWithin(p string, folders []string) bool {
	for _, f := range folders {
		if within(p, path.Clean(f)) {
			return true
		}
	}
	return false
}

func list(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "parallax/...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}
