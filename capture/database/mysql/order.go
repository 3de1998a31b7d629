package mysql

import (
	"slices"
	"strings"

	"parallax/capture/snapshot"
)

// orderBy asks for the rows in key order where the server's order is that of
// canonical bytes and costs it nothing: along the clustered primary key. Texts
// follow collations and UUIDs a swapped order; they end the list, for a shorter
// one still helps whoever sorts.
func orderBy(e *entry, t *snapshot.Table) string {
	if e == nil || t.KeyFrom != "primary key" || !strings.EqualFold(e.engine, "InnoDB") || !e.primaryRises() {
		return ""
	}
	var names []string
	for _, name := range t.Key {
		i := slices.IndexFunc(t.Columns, func(c snapshot.Column) bool { return c.Name == name })
		if i < 0 || !sortsAsBytes(&t.Columns[i]) {
			break
		}
		names = append(names, quote(name))
	}
	if len(names) == 0 {
		return ""
	}
	return " ORDER BY " + strings.Join(names, ", ")
}

func (e *entry) primaryRises() bool {
	return slices.ContainsFunc(e.indexes, func(x index) bool { return x.name == primary && x.rising })
}

func sortsAsBytes(c *snapshot.Column) bool {
	switch c.Class {
	case snapshot.Number, snapshot.Date, snapshot.WallTime, snapshot.Instant, snapshot.Time:
		return true
	case snapshot.Bytes:
		return c.Encoding == ""
	}
	return false
}
