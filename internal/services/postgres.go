package services

import "testing"

// Postgres returns the address of a PostgreSQL server, of whose user everything
// is allowed.
func Postgres(t testing.TB) string {
	t.Helper()
	return need(t, "PARALLAX_TEST_POSTGRES", "postgres.sh")
}
