package postgres

import (
	"context"
	"errors"
	"fmt"

	"parallax/capture/database"
)

// work runs f in a worker's transaction at the point. The worker gives its locks
// back afterwards; where f fails, it goes.
func (s *source) work(ctx context.Context, f func(context.Context, *session) error) error {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	w, err := s.worker(ctx)
	if err != nil {
		return err
	}
	err = f(ctx, w)
	if err == nil {
		err = w.exec(ctx, "commit")
	}
	if err != nil {
		w.close()
		return s.afterFailure(ctx, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle = append(s.idle, w)
	return nil
}

// worker takes an idle session or opens one, and imports the point.
func (s *source) worker(ctx context.Context) (*session, error) {
	w := s.takeIdle()
	for w != nil {
		err := w.exec(ctx, s.importing())
		if err == nil {
			return w, nil
		}
		w.close()
		if !broken(err) { // else it was lost while idle, and the next may do
			return nil, s.importError(ctx, err)
		}
		w = s.takeIdle()
	}
	w, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	if err := w.exec(ctx, s.importing()); err != nil {
		w.close()
		return nil, s.importError(ctx, err)
	}
	return w, nil
}

// connect opens a further session. An address may lead to several servers, and a
// server may have been started anew: only where the holder is, the point is.
func (s *source) connect(ctx context.Context) (*session, error) {
	w, err := connect(ctx, s.config, s.options.StatementTimeout)
	if err != nil {
		return nil, s.connectError(err)
	}
	rows, err := w.query(ctx, "select pg_postmaster_start_time()")
	if err == nil && rows[0].text(0) != s.started {
		err = fmt.Errorf("%w: another server answers than the one that has it, or it was started anew\n\tname one host; else capture again", database.ErrPointLost)
	}
	if err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

func (s *source) takeIdle() *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.idle) == 0 {
		return nil
	}
	w := s.idle[len(s.idle)-1]
	s.idle = s.idle[:len(s.idle)-1]
	return w
}

// importing begins a worker's transaction. A pooler may hand it to a session that
// never heard our settings, so that the one that hides rows is repeated.
func (s *source) importing() string {
	return begin + "; set transaction snapshot " + literal(s.shared) + "; set local row_security = off"
}

// importError: the server refuses a snapshot only where its holder is gone.
func (s *source) importError(ctx context.Context, err error) error {
	if ctx.Err() == nil && sqlState(err) != "" && !broken(err) {
		return s.lost(err)
	}
	return s.afterFailure(ctx, err)
}

func (s *source) lost(err error) error {
	return fmt.Errorf("%w: %w\n\tcapture again: rows read from now on would belong to another point", database.ErrPointLost, s.hide(err))
}

// afterFailure tells a lost connection from a lost point.
func (s *source) afterFailure(ctx context.Context, err error) error {
	switch state := sqlState(err); {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case state == snapshotTooOld, state == recoveryConflict:
		return s.lost(err)
	case !broken(err) || errors.Is(err, database.ErrPointLost):
		return err
	}
	if alive := s.alive(ctx); alive != nil {
		return s.lost(alive)
	}
	return fmt.Errorf("%w: %w", database.ErrReadBroken, s.hide(err))
}

// alive asks the holder for a sign of life.
func (s *source) alive(ctx context.Context) error {
	s.holder.mu.Lock()
	defer s.holder.mu.Unlock()
	return s.holder.session.exec(ctx, "select 1")
}

// outside runs f where the present is seen. A connection that was lost while nobody
// used it is opened again, once.
func (s *source) outside(ctx context.Context, f func(context.Context, *session) error) error {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	s.present.mu.Lock()
	defer s.present.mu.Unlock()
	used := s.present.session != nil
	if err = s.inPresent(ctx, f); used && err != nil && ctx.Err() == nil && broken(err) {
		err = s.inPresent(ctx, f)
	}
	return err
}

func (s *source) inPresent(ctx context.Context, f func(context.Context, *session) error) error {
	p := &s.present
	if p.session == nil {
		opened, err := s.connect(ctx)
		if err != nil {
			return err
		}
		p.session = opened
	}
	err := f(ctx, p.session)
	if p.session.conn.IsClosed() {
		p.session = nil
	}
	return err
}
