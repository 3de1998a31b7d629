package report

import (
	"strings"

	"parallax/diff/comparison"
)

// Words are how a report calls what was compared: exchanges of routes, or rows
// of tables.
type Words struct {
	Record  string `json:"record"`  // "exchange" or "row"
	Subject string `json:"subject"` // "route" or "table"
}

func wordsOf(s *comparison.Summary) Words {
	if s.Old.Kind == "snapshot" || len(s.Tables) > 0 {
		return Words{Record: "row", Subject: "table"}
	}
	return Words{Record: "exchange", Subject: "route"}
}

// Subjects is the heading over all of them.
func (w Words) Subjects() string { return strings.ToUpper(w.Subject[:1]) + w.Subject[1:] + "s" }

// OfTables reports whether rows were compared.
func (w Words) OfTables() bool { return w.Subject == "table" }
