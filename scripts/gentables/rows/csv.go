package rows

import (
	"bufio"
	"io"

	"parallax/capture/snapshot"
)

// WriteCSV writes n rows of a variant as PostgreSQL's COPY … (FORMAT csv) reads
// them: no cell of them needs quotes, and an empty one is NULL.
func WriteCSV(w io.Writer, n int, v Variant) error {
	out := bufio.NewWriterSize(w, 1<<20)
	var line []byte
	for b := range All(n, v) {
		for row := range b.Rows {
			line = line[:0]
			for i := range b.Columns {
				if i > 0 {
					line = append(line, ',')
				}
				if class, c := b.Columns[i].Cell(row); class != snapshot.Null {
					line = snapshot.AppendText(line, class, c)
				}
			}
			if _, err := out.Write(append(line, '\n')); err != nil {
				return err
			}
		}
	}
	return out.Flush()
}

// CreateSQL makes the table in PostgreSQL.
const CreateSQL = `CREATE TABLE orders (id bigint PRIMARY KEY, customer integer, status text, amount numeric(12,2),
 rate double precision, active boolean, created timestamptz, day date, note text, email text, ref uuid, quantity integer)`
