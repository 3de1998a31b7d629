package services

import "testing"

const (
	postgresVariable = "PARALLAX_TEST_POSTGRES"
	postgresScript   = "postgres.sh"
)

// Postgres returns the address of a PostgreSQL server, of whose user everything
// is allowed.
func Postgres(t testing.TB) string {
	t.Helper()
	return need(t, postgresVariable, postgresScript)
}

// PostgresStandby starts a standby of the server that Postgres returns. It ends
// with the test binary.
func PostgresStandby(t testing.TB) string {
	t.Helper()
	dsn, said, err := start(postgresVariable, postgresScript, "PARALLAX_STANDBY_OF="+Postgres(t))
	result(t, postgresScript, dsn, said, err)
	return dsn
}
