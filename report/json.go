package report

import (
	"encoding/json"
	"fmt"
	"io"
)

// JSON prints the report as one document; Format and Version stand in it.
func JSON(w io.Writer, r *Report) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(true)
	enc.SetIndent("", " ")
	if err := enc.Encode(r); err != nil {
		return fmt.Errorf("report as JSON: %w", err)
	}
	return nil
}
