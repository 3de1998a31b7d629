package mysql

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"parallax/capture/snapshot"
)

// Estimate is what the engine's statistics hold.
func (s *source) Estimate(_ context.Context, t *snapshot.Table) (int64, error) {
	if e := s.catalogue[t.Name]; e != nil && t.From == "table" {
		return e.rows, nil
	}
	return 0, nil
}

// Strain returns the greatest replication lag of the server's channels, where the
// user may see it, and the number of running threads.
func (s *source) Strain(ctx context.Context) (lag time.Duration, running int, err error) {
	status, err := s.variables(ctx, "SHOW GLOBAL STATUS LIKE 'Threads_running'")
	if err != nil {
		return 0, 0, fmt.Errorf("strain: %w", err)
	}
	running, err = strconv.Atoi(status["Threads_running"])
	if err != nil {
		return 0, 0, fmt.Errorf("strain: threads running: %w", err)
	}
	lag, err = s.lag(ctx)
	return lag, running, err
}

func (s *source) lag(ctx context.Context) (most time.Duration, err error) {
	query := "SHOW REPLICA STATUS"
	if s.mariadb {
		query = "SHOW ALL SLAVES STATUS"
	}
	rows, err := s.db.QueryContext(ctx, query)
	if isServer(err) { // no privilege, or an old name: not a replica that we can see
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("strain: %w", err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return 0, err
	}
	for rows.Next() {
		seconds, err := secondsBehind(names, rows.Scan)
		if err != nil {
			return 0, fmt.Errorf("strain: %w", err)
		}
		most = max(most, time.Duration(seconds)*time.Second)
	}
	return most, rows.Err()
}

// secondsBehind finds the one column among many; null, a replica that stands
// still, is no lag that waiting would shorten.
func secondsBehind(names []string, scan func(...any) error) (seconds int64, err error) {
	r, into := make(record, len(names)), make([]any, len(names))
	for i := range r {
		into[i] = &r[i]
	}
	if err := scan(into...); err != nil {
		return 0, err
	}
	for i, name := range names {
		if name == "Seconds_Behind_Master" || name == "Seconds_Behind_Source" {
			seconds, _ = strconv.ParseInt(r[i].String, 10, 64) // null: 0
		}
	}
	return seconds, nil
}
