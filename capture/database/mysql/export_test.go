package mysql

import "parallax/capture/snapshot"

// ClassifyForTest: no server at hand has a type that is refused.
func ClassifyForTest(declared string) error {
	_, err := describe(&entry{name: "t", kind: "BASE TABLE", columns: []columnEntry{{name: "c", declared: declared}}}, "s", nil)
	return err
}

// OrderForTest tells which order a table's rows are asked for in.
func OrderForTest(engine string, rising bool, t *snapshot.Table) string {
	return orderBy(&entry{engine: engine, indexes: []index{{name: primary, rising: rising}}}, t)
}
