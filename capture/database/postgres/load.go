package postgres

import (
	"context"
	"time"
)

// Microseconds behind: of the slowest standby, or of this one; 0 where all is
// replayed. Roles without pg_monitor see no standbys.
const strainSQL = `
select case
	when not pg_is_in_recovery() then
		(select coalesce(max(extract(epoch from replay_lag)), 0) from pg_catalog.pg_stat_replication)
	when pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() then 0
	else coalesce(extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()), 0)
	end * 1000000,
	(select count(*) from pg_catalog.pg_stat_activity where state = 'active' and pid <> pg_backend_pid())`

// Strain tells how far the server's standbys are behind and how many backends run.
func (s *source) Strain(ctx context.Context) (lag time.Duration, running int, err error) {
	var rows []record
	err = s.outside(ctx, func(ctx context.Context, out *session) error {
		rows, err = out.query(ctx, "select (x.lag)::int8, x.running from ("+strainSQL+") x(lag, running)")
		return err
	})
	if err != nil {
		return 0, 0, s.explain("asking for the server's load", err)
	}
	return time.Duration(rows[0].number(0)) * time.Microsecond, int(rows[0].number(1)), nil
}
