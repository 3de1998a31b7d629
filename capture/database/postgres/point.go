package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"parallax/capture/database"
	"parallax/capture/snapshot"
)

// The ways of making the point, for Options.Consistency and Point.Method.
const (
	methodSlot   = "replication slot"
	methodExport = "exported snapshot"
)

// slotWait bounds making a slot where nobody asked for it: the server first waits
// for all transactions that write.
const slotWait = 5 * time.Second

const begin = "begin isolation level repeatable read, read only"

func (s *source) makePoint(ctx context.Context) error {
	switch s.options.Consistency {
	case methodExport:
		return s.export(ctx)
	case methodSlot:
		if err := s.slot(ctx); err != nil {
			return fmt.Errorf("%w: replication slot: %w\n\tit needs wal_level = logical, a free slot (max_replication_slots), a free sender "+
				"(max_wal_senders), and a role with REPLICATION", database.ErrConsistency, s.hide(err))
		}
		return nil
	case "":
		return s.best(ctx)
	}
	return fmt.Errorf("%w: PostgreSQL knows %q and %q, not %q", database.ErrConsistency, methodSlot, methodExport, s.options.Consistency)
}

// best takes the slot where it is allowed, else exports the snapshot.
func (s *source) best(ctx context.Context) error {
	rows, err := s.holder.session.query(ctx, `select current_setting('wal_level') = 'logical' and not pg_is_in_recovery() and
		(select rolreplication or rolsuper from pg_catalog.pg_roles where rolname = current_user)`)
	if err != nil {
		return s.explain("asking what may be used for the consistent point", err)
	}
	if !rows[0].flag(0) {
		return s.export(ctx)
	}
	short, cancel := context.WithTimeout(ctx, slotWait)
	defer cancel()
	err = s.slot(short)
	if err == nil || ctx.Err() != nil {
		return err
	}
	if err := s.export(ctx); err != nil {
		return err
	}
	s.point.Caveats = append(s.point.Caveats, "a replication slot, which gives the exact position, could not be made: "+s.hide(err).Error())
	return nil
}

// slot makes a temporary logical slot, whose creation says where in the log the
// snapshot stands, and hands the snapshot over to the holder.
func (s *source) slot(ctx context.Context) error {
	config := s.config.Copy()
	config.RuntimeParams["replication"] = "database"
	sender, err := connect(ctx, config, 0)
	if err != nil {
		return err
	}
	defer sender.close() // which drops the slot, too, a little later
	name := "parallax_" + strings.ToLower(rand.Text()[:12])
	rows, err := sender.simple(ctx, "CREATE_REPLICATION_SLOT "+name+" TEMPORARY LOGICAL pgoutput EXPORT_SNAPSHOT")
	switch {
	case err != nil:
		return err
	case len(rows) != 1 || len(rows[0]) < 3 || rows[0].text(2) == "":
		return errors.New("the server made a slot without a snapshot")
	}
	at, err := s.hold(ctx, rows[0].text(2))
	if err != nil {
		return err
	}
	_, _ = sender.simple(ctx, "DROP_REPLICATION_SLOT "+name)
	s.point = snapshot.Point{Method: methodSlot, Position: rows[0].text(1), At: at}
	return nil
}

// hold begins the holder's transaction, in the given snapshot or its own, and
// exports it. It returns the server's clock.
func (s *source) hold(ctx context.Context, in string) (at int64, err error) {
	h := s.holder.session
	statements := begin
	if in != "" {
		statements += "; set transaction snapshot " + literal(in)
	}
	if err = h.exec(ctx, statements); err != nil {
		_ = h.exec(ctx, "rollback")
		return 0, err
	}
	rows, err := h.query(ctx, "select pg_export_snapshot(), (extract(epoch from clock_timestamp()) * 1000000)::int8")
	if err != nil {
		_ = h.exec(ctx, "rollback")
		return 0, err
	}
	s.shared = rows[0].text(0)
	return rows[0].number(1) * 1000, nil
}

// literal quotes a name that the server gave, such as 00000003-0000001B-1.
func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// export makes the point without a slot: the position in the log is then only known
// to lie between two.
func (s *source) export(ctx context.Context) error {
	before, standby, err := s.position(ctx)
	if err != nil {
		return s.explain("asking for the position in the log", err)
	}
	at, err := s.hold(ctx, "")
	if err != nil {
		return s.explain("exporting the snapshot", err)
	}
	after, _, err := s.position(ctx)
	if err != nil {
		return s.explain("asking for the position in the log", err)
	}
	s.point = snapshot.Point{Method: methodExport, Position: before, At: at}
	caveat := "the position is near the point, not exact: nothing tells it together with the snapshot"
	if before != after {
		caveat = fmt.Sprintf("the position is near the point, not exact: it moved from %s to %s meanwhile", before, after)
	}
	s.point.Caveats = append(s.point.Caveats, caveat)
	if standby {
		s.point.Caveats = append(s.point.Caveats, "read from a standby: the point is what it had replayed, and the position is that of the replay")
	}
	return nil
}

func (s *source) position(ctx context.Context) (lsn string, standby bool, err error) {
	rows, err := s.holder.session.query(ctx,
		"select pg_is_in_recovery(), case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end")
	if err != nil {
		return "", false, err
	}
	return rows[0].text(1), rows[0].flag(0), nil
}
