package mysql_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"parallax/capture/database"
	"parallax/capture/database/mysql"
	"parallax/capture/snapshot"
)

const (
	accounts = 50
	perTable = 100 * accounts
	ledgers  = 4
)

// bank fills tables of accounts between which money moves, each time in one
// transaction over two tables; the sum over all of them never changes.
func bank(s *scratch) (stop func() int) {
	for i := range ledgers {
		s.exec(fmt.Sprintf("CREATE TABLE l%d (id int PRIMARY KEY, money int NOT NULL)", i))
		for j := range accounts {
			s.exec(fmt.Sprintf("INSERT INTO l%d VALUES (%d, 100)", i, j))
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	moved := make([]int, 3)
	for w := range moved {
		wg.Go(func() {
			for ctx.Err() == nil && transfer(s) == nil {
				moved[w]++
			}
		})
	}
	return func() int {
		cancel()
		wg.Wait()
		return moved[0] + moved[1] + moved[2]
	}
}

// transfer takes its two accounts in one order, against deadlocks.
func transfer(s *scratch) error {
	tx, err := s.db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	from := rand.IntN(ledgers - 1)
	to := from + 1 + rand.IntN(ledgers-1-from)
	n := rand.IntN(20) - 10
	if _, err := tx.Exec(fmt.Sprintf("UPDATE l%d SET money = money - %d WHERE id = %d", from, n, rand.IntN(accounts))); err != nil {
		return err
	}
	if _, err := tx.Exec(fmt.Sprintf("UPDATE l%d SET money = money + %d WHERE id = %d", to, n, rand.IntN(accounts))); err != nil {
		return err
	}
	return tx.Commit()
}

// money is the sum of all tables, read at once.
func money(t *testing.T, src database.Source) (sum int64) {
	t.Helper()
	all := tables(t, src)
	sums, errs := make([]int64, len(all)), make([]error, len(all))
	var wg sync.WaitGroup
	for i := range all {
		wg.Go(func() {
			errs[i] = src.Read(context.Background(), &all[i], func(b *snapshot.Batch) error {
				for row := range b.Rows {
					v, _ := snapshot.NumberInt(b.Columns[1].Bytes(row))
					sums[i] += v
				}
				return nil
			})
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	for _, v := range sums {
		sum += v
	}
	return sum
}

func TestConsistencyUnderTransfers(t *testing.T) {
	s := newScratch(t)
	stop := bank(s)
	for _, way := range []string{"", "ftwrl", "single connection"} {
		t.Run("way "+way, func(t *testing.T) {
			for range 8 {
				src, err := mysql.Open(context.Background(), s.dsn, database.Options{Connections: 3, Consistency: way})
				if err != nil {
					t.Fatal(err)
				}
				if sum := money(t, src); sum != ledgers*perTable {
					t.Errorf("the sum is %d, want %d: %+v", sum, ledgers*perTable, src.Point())
				}
				checkPoint(t, src.Point(), way)
				if err := src.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	if n := stop(); n < 50 {
		t.Errorf("only %d transfers went on meanwhile", n)
	}
}

func checkPoint(t *testing.T, p snapshot.Point, way string) {
	t.Helper()
	if way == "" {
		way = "single connection"
	}
	off := time.Since(time.Unix(0, p.At))
	if p.Method != way || !strings.HasPrefix(p.Position, "binlog.") || !strings.Contains(p.Position, "; gtid 0-1-") || off < 0 || off > time.Minute {
		t.Errorf("%+v", p)
	}
}

// Without a lock a busy server gives no point rather than a doubtful one, and a
// resting one gives it.
func TestPositionNeedsRest(t *testing.T) {
	s := newScratch(t)
	stop := bank(s)
	o := database.Options{Connections: 3, Consistency: "binlog position"}
	src, err := mysql.Open(context.Background(), s.dsn, o)
	if err == nil {
		if sum := money(t, src); sum != ledgers*perTable {
			t.Errorf("the sum is %d", sum)
		}
		src.Close()
	} else if !errors.Is(err, database.ErrConsistency) || !strings.Contains(err.Error(), "never rested") {
		t.Error(err)
	}
	stop()
	src = s.open(o)
	if sum := money(t, src); sum != ledgers*perTable {
		t.Errorf("the sum is %d", sum)
	}
	checkPoint(t, src.Point(), "binlog position")
}

func TestUnknownConsistency(t *testing.T) {
	s := newScratch(t)
	_, err := mysql.Open(context.Background(), s.dsn, database.Options{Consistency: "magic"})
	if !errors.Is(err, database.ErrConsistency) || !strings.Contains(err.Error(), `"magic" is unknown`) {
		t.Error(err)
	}
}

// A user without rights on the server as a whole cannot lock it, but needs no
// right to prove a position.
func TestConsistencyWithFewRights(t *testing.T) {
	s := newScratch(t)
	s.exec("CREATE TABLE a (id int PRIMARY KEY)")
	dsn := s.user("few", "GRANT SELECT ON `"+s.name+"`.* TO ")
	_, err := mysql.Open(context.Background(), dsn, database.Options{Connections: 2, Consistency: "ftwrl"})
	if !errors.Is(err, database.ErrConsistency) || !strings.Contains(err.Error(), "RELOAD") {
		t.Error(err)
	}
	src, err := mysql.Open(context.Background(), dsn, database.Options{Connections: 2, Consistency: "binlog position"})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	if p := src.Point(); p.Method != "binlog position" || !strings.Contains(fmt.Sprint(p.Caveats), "filtered") ||
		!strings.Contains(fmt.Sprint(p.Caveats), "ALTER") {
		t.Errorf("%+v", p)
	}
	if _, running, err := src.(database.Load).Strain(context.Background()); err != nil || running < 1 {
		t.Error(running, err)
	}
}

func TestNoRights(t *testing.T) {
	s := newScratch(t)
	_, err := mysql.Open(context.Background(), s.user("none", ""), database.Options{})
	if err == nil || !strings.Contains(err.Error(), "Access denied") || strings.Contains(err.Error(), userPassword) {
		t.Error(err)
	}
}

// A lock that does not come within its bound is given up, and leaves nothing.
func TestLockIsBounded(t *testing.T) {
	s := newScratch(t)
	s.exec("CREATE TABLE a (id int PRIMARY KEY) ENGINE=MyISAM")
	busy, err := s.db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	if _, err := busy.ExecContext(context.Background(), "LOCK TABLES a WRITE"); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	_, err = mysql.Open(context.Background(), s.dsn, database.Options{Connections: 2, Consistency: "ftwrl"})
	if !errors.Is(err, database.ErrConsistency) || time.Since(start) > 20*time.Second {
		t.Error(err, time.Since(start))
	}
	if _, err := busy.ExecContext(context.Background(), "UNLOCK TABLES"); err != nil {
		t.Error(err)
	}
	s.exec("INSERT INTO a VALUES (1)")
}
