package main

import (
	"context"
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"parallax/diff/comparison"
)

// The forms of CSV. Spreadsheets run a cell that begins like a formula: the safe form
// puts an apostrophe before it, the raw one is for programs.
const (
	csvSafe = "safe"
	csvRaw  = "raw"
)

func csvHead() []string {
	return []string{"subject", "record", "part", "field", "pattern", "kind", "class", "severity", "noise", "old_type", "old", "new_type", "new"}
}

// catCSV prints a comparison's differences, one a line.
func catCSV(ctx context.Context, o catOptions, out io.Writer) error {
	r, err := comparison.Open(o.Dir)
	if err != nil {
		return err
	}
	w := csv.NewWriter(out)
	if err := w.Write(csvHead()); err != nil {
		return err
	}
	for d, err := range r.Differences() {
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		cells := csvCells(d)
		if o.CSV == csvSafe {
			for i := range cells {
				cells[i] = safeCell(cells[i])
			}
		}
		if err := w.Write(cells); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

func csvCells(d *comparison.Difference) []string {
	return []string{d.Subject, d.Record, string(d.Part), d.Field, d.Pattern, string(d.Kind), d.Class, string(d.Severity),
		strconv.FormatBool(d.Noise), d.Old.Type, d.Old.Text, d.New.Type, d.New.Text}
}

// safeCell disarms what a spreadsheet takes for a formula, also behind blanks.
func safeCell(s string) string {
	if t := strings.TrimLeft(s, " "); t != "" && strings.IndexByte("=+-@\t\r", t[0]) >= 0 {
		return "'" + s
	}
	return s
}
