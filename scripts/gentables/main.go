// Command gentables writes a table of mixed columns, the same one every time: as a
// snapshot, or as CSV for a database to load.
//
//	go run ./scripts/gentables -n ROWS [-variant plain|few|every] -o SNAPSHOT
//	go run ./scripts/gentables -n ROWS [-variant …] -csv > FILE
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"

	"parallax/capture/snapshot"
	"parallax/scripts/gentables/rows"
)

func main() {
	n := flag.Int("n", 1_000_000, "rows")
	variant := flag.String("variant", "plain", "plain, few or every: which rows are other ones")
	out := flag.String("o", "", "folder of the snapshot")
	csv := flag.Bool("csv", false, "write CSV to standard output")
	flag.Parse()
	if err := run(*n, *variant, *out, *csv); err != nil {
		fmt.Fprintln(os.Stderr, "gentables:", err)
		os.Exit(1)
	}
}

func run(n int, variant, out string, csv bool) error {
	v, ok := map[string]rows.Variant{"plain": rows.Plain, "few": rows.Few, "every": rows.Every}[variant]
	switch {
	case !ok:
		return fmt.Errorf("-variant %q: want plain, few or every", variant)
	case csv:
		return rows.WriteCSV(os.Stdout, n, v)
	case out == "":
		return errors.New("want -o or -csv")
	}
	return write(n, v, out)
}

// onePart keeps a table in one file, so that files can be compared as such.
const onePart = 64 << 30

func write(n int, v rows.Variant, out string) error {
	w, err := snapshot.Create(out, snapshot.Options{Tool: "gentables", Source: snapshot.Source{Engine: "generated"}, Redaction: snapshot.Redaction{Profile: "off"}, PartBytes: onePart})
	if err != nil {
		return err
	}
	t, err := w.Table(rows.Table())
	if err != nil {
		return errors.Join(err, w.Abort())
	}
	for b := range rows.All(n, v) {
		if err := t.Write(b); err != nil {
			return errors.Join(err, t.Abort(), w.Abort())
		}
	}
	if err := t.Close(snapshot.TableClosing{}); err != nil {
		return errors.Join(err, w.Abort())
	}
	return w.Close(snapshot.Closing{Point: snapshot.Point{Method: "generated"}})
}
