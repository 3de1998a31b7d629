package mysql

import "parallax/capture/database"

// keyFor is the key that the options declare for a table.
func keyFor(o *database.Options, schema, name string) []string {
	key, _ := o.KeyOf(schema, name)
	return key
}
