package main

import (
	"context"
	"strings"

	"parallax/capture/database"
	"parallax/capture/database/files"
	"parallax/capture/database/mysql"
	"parallax/capture/database/postgres"
	"parallax/capture/database/sqlite"
)

// openSource opens the store that a DSN names. No error holds the DSN.
func openSource(ctx context.Context, dsn string, o database.Options) (database.Source, error) {
	src, err := openStore(ctx, dsn, o)
	if err != nil && isDatabaseUsage(err) {
		return nil, usageError{err}
	}
	return src, err
}

func openStore(ctx context.Context, dsn string, o database.Options) (database.Source, error) {
	scheme, _, _ := strings.Cut(dsn, ":")
	switch scheme {
	case "postgres", "postgresql":
		return postgres.Open(ctx, dsn, o)
	case "mysql", "mariadb":
		return mysql.Open(ctx, dsn, o)
	case "sqlite":
		return sqlite.Open(ctx, dsn, o)
	}
	return files.Open(ctx, dsn, o)
}
