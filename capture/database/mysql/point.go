package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"parallax/capture/database"
)

// Ways of making the point, as Options.Consistency and Point.Method name them.
const (
	byPosition = "binlog position"
	byLock     = "ftwrl"
	bySingle   = "single connection"
)

const (
	startSQL = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"
	// A point that many connections share without a lock is tried for so long: a busy
	// server never holds still.
	tryBudget = 5 * time.Second
	// settle is how long the position must have rested before and after the transactions
	// begin (stoodStill says why).
	settle = 10 * time.Millisecond
	// lockWait bounds how long FLUSH TABLES WITH READ LOCK may wait, in seconds;
	// while it waits, everybody's writes wait behind it.
	lockWait = 5
)

// begin makes the consistent point over n connections, in the way asked for or,
// where none is, the best that disturbs nobody.
func (s *source) begin(ctx context.Context, way string, n int) (err error) {
	switch way {
	case byPosition:
		return s.beginByPosition(ctx, n)
	case byLock:
		return s.beginByLock(ctx, n)
	case bySingle:
		return s.beginSingle(ctx)
	case "":
		return s.beginBest(ctx, n)
	}
	return fmt.Errorf("%w: %q is unknown: it may be %q, %q or %q", database.ErrConsistency, way, byPosition, byLock, bySingle)
}

// beginBest disturbs nobody and is certain: several connections are certain to be
// equal only under a lock, and nobody takes that unasked.
func (s *source) beginBest(ctx context.Context, n int) error {
	if n > 1 {
		s.caveat(fmt.Sprintf("one connection instead of %d: only a lock (consistency %q) makes several certain to be equal", n, byLock))
	}
	return s.beginSingle(ctx)
}

func (s *source) beginSingle(ctx context.Context) error {
	if err := s.connect(ctx, 1); err != nil {
		return err
	}
	positions, err := s.start(ctx)
	if err != nil {
		return err
	}
	return s.setPoint(ctx, bySingle, positions[0])
}

// beginByPosition starts all transactions, without any lock, until that falls into
// a moment in which the binary log rests.
func (s *source) beginByPosition(ctx context.Context, n int) error {
	if err := s.provable(ctx); err != nil {
		return err
	}
	if err := s.connect(ctx, n); err != nil {
		return err
	}
	until := time.Now().Add(tryBudget)
	for time.Now().Before(until) {
		before, err := s.logPosition(ctx, s.db)
		if err != nil {
			return err
		}
		time.Sleep(settle)
		positions, err := s.start(ctx)
		if err != nil {
			return err
		}
		if still, err := s.stoodStill(ctx, before, positions); err != nil || still {
			return errors.Join(err, s.setPoint(ctx, byPosition, before))
		}
	}
	return fmt.Errorf("%w: the binary log never rested for %v while the %d connections began", database.ErrConsistency, 2*settle, n)
}

// stoodStill: equal positions of the snapshots, which MariaDB tells, are not enough.
// The server moves the position some moments before the commits behind it can be
// seen: under 4,000 transfers a second, in 1.5 % of the cases one of three snapshots
// at the same position lacked the last of them, and in a few even where another
// session had seen the position before. So the log must rest on both sides.
func (s *source) stoodStill(ctx context.Context, before string, positions []string) (bool, error) {
	for _, p := range positions {
		if s.mariadb && p != before {
			return false, nil
		}
	}
	time.Sleep(settle)
	after, err := s.logPosition(ctx, s.db)
	return before == after && after != "", err
}

// provable finds out whether every change moves the position: on a replica that
// does not log what it applies, or with a filtered log, equal positions prove
// nothing.
func (s *source) provable(ctx context.Context) error {
	vars, err := s.variables(ctx, "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('log_bin', 'log_slave_updates', 'log_replica_updates', 'wsrep_on')")
	if err != nil {
		return err
	}
	if vars["log_bin"] != "ON" {
		return fmt.Errorf("%w: the binary log is off", database.ErrConsistency)
	}
	if vars["log_slave_updates"] != "ON" && vars["log_replica_updates"] != "ON" {
		if err := s.appliesUnlogged(ctx, vars["wsrep_on"] == "ON"); err != nil {
			return err
		}
	}
	s.caveat("the connections began while the binlog rested, without a lock: sessions that write with sql_log_bin = 0 do not move it")
	rows, err := ask(ctx, s.db, s.logStatusSQL())
	switch {
	case number(err) == errNeedsPrivilege:
		s.caveat("the user may not see whether the binary log is filtered, which would make its position prove nothing")
	case err != nil:
		return err
	case len(rows) > 0 && rows[0][2].String+rows[0][3].String != "":
		return fmt.Errorf("%w: the binary log leaves out databases", database.ErrConsistency)
	}
	return nil
}

func (s *source) appliesUnlogged(ctx context.Context, cluster bool) error {
	status, err := s.variables(ctx, "SHOW GLOBAL STATUS WHERE Variable_name IN ('Slave_running', 'Slaves_running')")
	if err != nil {
		return err
	}
	if running := status["Slaves_running"]; cluster || status["Slave_running"] == "ON" || running != "0" && running != "" {
		return fmt.Errorf("%w: the server applies changes of others without logging them (log_slave_updates is off)", database.ErrConsistency)
	}
	return nil
}

// beginByLock holds all writes for the moment in which the transactions start, and
// reads the position before it lets go.
func (s *source) beginByLock(ctx context.Context, n int) (err error) {
	if err := s.connect(ctx, n); err != nil {
		return err
	}
	lock, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock(lock)) }()
	for _, statement := range []string{fmt.Sprintf("SET lock_wait_timeout = %d", lockWait), "FLUSH TABLES WITH READ LOCK"} {
		if _, err := lock.ExecContext(ctx, statement); isServer(err) {
			return fmt.Errorf("%w: FLUSH TABLES WITH READ LOCK: %w", database.ErrConsistency, err)
		} else if err != nil {
			return err
		}
	}
	positions, err := s.start(ctx)
	if err != nil {
		return err
	}
	if !s.mariadb {
		if positions[0], err = s.logPosition(ctx, lock); err != nil {
			return err
		}
	}
	return s.setPoint(ctx, byLock, positions[0])
}

// unlock ends the lock with its connection, whatever became of the context.
func unlock(lock *sql.Conn) error {
	ctx, cancel := context.WithTimeout(context.Background(), lockWait*time.Second)
	defer cancel()
	_, err := lock.ExecContext(ctx, "UNLOCK TABLES")
	discard(lock)
	return err
}

// connect opens the readers that are missing, and lets go of those too many.
func (s *source) connect(ctx context.Context, n int) error {
	for len(s.readers) < n {
		conn, err := s.db.Conn(ctx)
		if err != nil {
			return fmt.Errorf("connection %d of %d: %w", len(s.readers)+1, n, err)
		}
		s.readers = append(s.readers, conn)
	}
	for _, conn := range s.readers[n:] {
		discard(conn)
	}
	s.readers = s.readers[:n]
	return nil
}

// start begins the transactions of all readers at once, the closer the better, and
// returns their positions: "" where the server does not tell.
func (s *source) start(ctx context.Context) ([]string, error) {
	positions, errs := make([]string, len(s.readers)), make([]error, len(s.readers))
	var wg sync.WaitGroup
	for i, conn := range s.readers {
		wg.Go(func() { positions[i], errs[i] = startOne(ctx, conn) })
	}
	wg.Wait()
	return positions, errors.Join(errs...)
}

func startOne(ctx context.Context, conn *sql.Conn) (string, error) {
	if _, err := conn.ExecContext(ctx, startSQL); err != nil {
		return "", fmt.Errorf("%s: %w", startSQL, err)
	}
	return snapshotPosition(ctx, conn)
}

// snapshotPosition is MariaDB's; MySQL has no such status.
func snapshotPosition(ctx context.Context, q querier) (string, error) {
	rows, err := ask(ctx, q, "SHOW STATUS LIKE 'binlog\\_snapshot\\_%'")
	if err != nil {
		return "", err
	}
	var file, offset string
	for _, r := range rows {
		switch strings.ToLower(r[0].String) {
		case "binlog_snapshot_file":
			file = r[1].String
		case "binlog_snapshot_position":
			offset = r[1].String
		}
	}
	if file == "" {
		return "", nil
	}
	return file + ":" + offset, nil
}

// logStatusSQL: MySQL renamed the statement in 8.2 and dropped the old name in 8.4.
func (s *source) logStatusSQL() string {
	if major, minor := s.version(); !s.mariadb && (major > 8 || major == 8 && minor >= 2) {
		return "SHOW BINARY LOG STATUS"
	}
	return "SHOW MASTER STATUS"
}

func (s *source) version() (major, minor int) {
	parts := strings.SplitN(s.info.Version, ".", 3)
	if len(parts) < 2 {
		return 0, 0
	}
	major, _ = strconv.Atoi(parts[0]) // what is no number is old
	minor, _ = strconv.Atoi(parts[1])
	return major, minor
}

// logPosition is where the binary log stands now, on MySQL with what is committed.
func (s *source) logPosition(ctx context.Context, q querier) (string, error) {
	if s.mariadb {
		return snapshotPosition(ctx, q) // outside of a transaction: of the last commit
	}
	rows, err := ask(ctx, q, s.logStatusSQL())
	if number(err) == errNeedsPrivilege || err == nil && len(rows) == 0 {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	position := rows[0][0].String + ":" + rows[0][1].String
	if len(rows[0]) > 4 && rows[0][4].String != "" {
		position += "; gtid " + strings.ReplaceAll(rows[0][4].String, "\n", "")
	}
	return position, nil
}

// setPoint asks for the clock in a reader's own transaction.
func (s *source) setPoint(ctx context.Context, method, position string) error {
	s.point.Method, s.point.Position = method, position
	rows, err := ask(ctx, s.readers[0], "SELECT CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED)")
	if err != nil {
		return err
	}
	us, err := strconv.ParseInt(rows[0][0].String, 10, 64)
	if err != nil {
		return fmt.Errorf("the server's clock: %w", err)
	}
	s.point.At = us * 1000
	if file, offset, ok := strings.Cut(position, ":"); ok && s.mariadb {
		return s.addGTID(ctx, file, offset)
	}
	return nil
}

func (s *source) addGTID(ctx context.Context, file, offset string) error {
	rows, err := ask(ctx, s.readers[0], "SELECT BINLOG_GTID_POS(?, ?)", file, offset)
	if err == nil && rows[0][0].String != "" {
		s.point.Position += "; gtid " + rows[0][0].String
	}
	if isServer(err) { // the position stands without it
		return nil
	}
	return err
}
