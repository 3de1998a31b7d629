// Package credential gets the access token that a target wants of whoever asks,
// and keeps it fresh.
//
// Terms. A source gets a token: a command or a request. A grant is a token with its
// generation, the how manyth it is. A grant is due when it will soon run out, and
// of no use when it has, or when the target rejected it.
//
// Steps. Token returns the grant that holds, or gets a new one: one caller asks the
// source, the others wait for it. While an old one still holds, a source that fails
// is tried again a second later; without one, its error is the caller's.
//
// Limits. A token is in memory only: nothing here prints it, and no error repeats
// what a source gave. After one renewal because of a rejection, another one needs a
// token that was accepted and five seconds: a target that rejects everything is not
// flooded with requests for tokens.
package credential

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Grant is a token. It does not print itself.
type Grant struct {
	// Generation counts from 1; 0 is no grant.
	Generation int64
	value      string
}

// shortest is the length from which on a token is looked for: a shorter one is no
// secret, and stands in many a text by chance.
const shortest = 8

// Hidden stands where a token was taken out.
const Hidden = "{{auth}}"

// Hide returns text without the token, itself where it does not hold it.
func (g Grant) Hide(text []byte) []byte {
	if len(g.value) < shortest || !bytes.Contains(text, []byte(g.value)) {
		return text
	}
	return bytes.ReplaceAll(text, []byte(g.value), []byte(Hidden))
}

// HideIn takes the token out of a text and reports whether it was there.
func (g Grant) HideIn(text *string) bool {
	if len(g.value) < shortest || !strings.Contains(*text, g.value) {
		return false
	}
	*text = strings.ReplaceAll(*text, g.value, Hidden)
	return true
}

// String hides the token.
func (g Grant) String() string { return fmt.Sprintf("token %d", g.Generation) }

// GoString hides the token.
func (g Grant) GoString() string { return g.String() }

// Obtained is what a source gives.
type Obtained struct {
	token string
	// lifetime is 0 where nothing says it.
	lifetime time.Duration
}

// Source gets a token. Its error holds nothing of one.
type Source func(context.Context) (Obtained, error)

// Stats counts what a keeper did.
type Stats struct {
	// Obtained tokens, and sources that failed.
	Obtained int64 `json:"obtained"`
	Failed   int64 `json:"failed"`
	// Rejected tokens were renewed because the target answered 401.
	Rejected int64 `json:"rejected"`
}

// Keeper keeps one token. Its methods may be called from many goroutines.
type Keeper struct {
	source  Source
	timeout time.Duration
	now     func() int64

	mu     sync.Mutex
	grant  Grant
	state  validity
	flight *flight
	stats  Stats
}

// validity is of the grant at hand. Times are in nanoseconds of the keeper's clock;
// 0 is never.
type validity struct {
	obtainedAt, dueAt, endsAt int64
	retryAt                   int64 // the source failed: not before
	rejected                  bool
	afterRejection            bool // it was got because another was rejected
	accepted                  bool
}

// flight is one asking of the source that others wait for.
type flight struct {
	done  chan struct{}
	grant Grant
	err   error
}

// NewKeeper returns a keeper without a token. now is its clock, in nanoseconds.
func NewKeeper(source Source, timeout time.Duration, now func() int64) *Keeper {
	return &Keeper{source: source, timeout: timeout, now: now}
}

// Token returns the grant to use now.
func (k *Keeper) Token(ctx context.Context) (Grant, error) {
	k.mu.Lock()
	now := k.now()
	holds := k.holds(now)
	if holds && (k.flight != nil || !k.due(now)) {
		defer k.mu.Unlock()
		return k.grant, nil
	}
	f := k.flight
	if f == nil {
		f = &flight{done: make(chan struct{})}
		k.flight = f
		k.mu.Unlock()
		k.ask(ctx, f)
		return f.grant, f.err
	}
	k.mu.Unlock()
	select {
	case <-f.done:
		return f.grant, f.err
	case <-ctx.Done():
		return Grant{}, context.Cause(ctx)
	}
}

func (k *Keeper) holds(now int64) bool {
	v := &k.state
	return k.grant.Generation > 0 && !v.rejected && (v.endsAt == 0 || now < v.endsAt)
}

func (k *Keeper) due(now int64) bool {
	v := &k.state
	return v.dueAt != 0 && now >= max(v.dueAt, v.retryAt)
}

// ask asks the source and ends the flight.
func (k *Keeper) ask(ctx context.Context, f *flight) {
	ctx, cancel := context.WithTimeout(ctx, k.timeout)
	defer cancel()
	got, err := k.source(ctx)
	k.mu.Lock()
	defer k.mu.Unlock()
	if err == nil {
		k.take(got)
	} else {
		k.stats.Failed++
		k.state.retryAt = k.now() + int64(retryAfter)
	}
	f.grant = k.grant
	if err != nil && !k.holds(k.now()) {
		f.grant, f.err = Grant{}, err
	}
	k.flight = nil
	close(f.done)
}

const (
	retryAfter = time.Second
	// soonest is the least time between a token and its renewal for a rejection.
	soonest = 5 * time.Second
	// lead is how long before its end a token is renewed, where it lives long enough.
	lead = 30 * time.Second
)

func (k *Keeper) take(got Obtained) {
	now := k.now()
	k.grant = Grant{Generation: k.grant.Generation + 1, value: got.token}
	k.state = validity{obtainedAt: now, afterRejection: k.state.rejected}
	if got.lifetime > 0 {
		k.state.endsAt = now + int64(got.lifetime)
		k.state.dueAt = k.state.endsAt - int64(min(lead, got.lifetime/2))
	}
	k.stats.Obtained++
}

// Accepted notes that the target took a grant.
func (k *Keeper) Accepted(g Grant) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if g.Generation == k.grant.Generation {
		k.state.accepted = true
	}
}

// Rejected notes that the target did not take a grant, and reports whether another
// one is to be had: a newer one that is there already, or one still to be got.
func (k *Keeper) Rejected(g Grant) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	v := &k.state
	switch {
	case g.Generation != k.grant.Generation || v.rejected:
		return true
	case v.afterRejection && (!v.accepted || k.now()-v.obtainedAt < int64(soonest)):
		return false
	}
	v.rejected = true
	k.stats.Rejected++
	return true
}

// Stats returns what was done so far.
func (k *Keeper) Stats() Stats {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.stats
}
