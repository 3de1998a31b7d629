package report

import (
	"encoding/json"
	"fmt"
	"io"

	"parallax/internal/sanitise"
)

// JSON prints the report as one document that no terminal obeys; Format and Version stand in it.
func JSON(w io.Writer, r *Report) error {
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return fmt.Errorf("report as JSON: %w", err)
	}
	if _, err := w.Write(append(sanitise.JSON(nil, text), '\n')); err != nil {
		return fmt.Errorf("report as JSON: %w", err)
	}
	return nil
}
