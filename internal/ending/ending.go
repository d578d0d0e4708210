// Package ending is the one owner of the ends of sessions: it ends them in the
// transaction of the act that ends them, writes the evidence there, and afterwards does
// what may follow. Other packages decide what ends, and why.
package ending

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/sweep"
	"gatehouse/store"
)

// Service ends sessions.
//
// An end is one number in the record (store.Foundation). Everything else, which may be a
// million rows, follows in batches: see Sweep.
type Service struct {
	DB interface {
		store.Ends
		Write(ctx context.Context, f func(store.Tx) error) error
	}
	// Rotations is told of ended sessions after the commit. The record has ended them
	// already, and every use of a token reads it.
	Rotations interface {
		Forget(ctx context.Context, sids ...string) error
	}
	// Observe, if set, gets the number of sessions that have ended.
	Observe func(sessions int)
	Now     func() time.Time
	Log     *slog.Logger
}

// All ends all that e names, with its evidence, in the caller's transaction. The caller
// passes the result to Forget after the commit.
func (s *Service) All(ctx context.Context, tx store.Tx, e store.End) (store.EndResult, error) {
	result, err := tx.EndAll(e)
	if err != nil {
		return store.EndResult{}, fmt.Errorf("ending all: %w", err)
	}
	events := make([]store.AuditEvent, 0, len(result.Sessions)+2)
	if e.BrowserID != "" && result.First {
		events = append(events, about(e, e.BrowserID, "", audit.BrowserEnded{Reason: e.Reason, Sessions: len(result.Sessions)}).Record(ctx, e.At))
	}
	for _, session := range result.Sessions {
		events = append(events, about(e, session.ID, session.ClientID, audit.SessionEnded{Reason: e.Reason}).Record(ctx, e.At))
	}
	if result.More {
		events = append(events, about(e, e.BrowserID, e.ClientID, audit.SessionsVoided{Reason: e.Reason}).Record(ctx, e.At))
	}
	if len(events) == 0 {
		return result, nil
	}
	return result, tx.Audit(events...)
}

// One ends a living session of the user (0: anybody's), with its evidence, and reports
// whether this call did it. The caller then forgets it, even if it had ended already: an
// earlier call may have failed between the two steps.
func (s *Service) One(ctx context.Context, sid string, userID int64, reason store.EndReason, evidence audit.Event) (bool, error) {
	var done bool
	err := s.DB.Write(ctx, func(tx store.Tx) (err error) {
		now := s.Now()
		done, err = tx.EndSession(sid, userID, reason, now)
		if err != nil || !done {
			return err
		}
		return tx.Audit(evidence.Record(ctx, now))
	})
	if err != nil {
		return false, fmt.Errorf("ending a session: %w", err)
	}
	if done {
		s.observe(1)
	}
	return done, nil
}

func (s *Service) observe(sessions int) {
	if s.Observe != nil && sessions > 0 {
		s.Observe(sessions)
	}
}

// finishing bounds work that the caller cannot cancel.
const finishing = 3 * time.Second

// Detached returns a context that outlives the request but keeps its values.
func Detached(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), finishing)
}

// Forget removes ended sessions from the rotations after a commit. It completes even if
// the caller hangs up, and does not fail the operation: the record has ended them.
func (s *Service) Forget(ctx context.Context, ended ...store.EndResult) {
	var sids []string
	for _, result := range ended {
		for _, session := range result.Sessions {
			sids = append(sids, session.ID)
		}
	}
	s.observe(len(sids))
	s.forgetLater(ctx, sids)
}

// ForgetLater is Forget for one session that One has ended.
func (s *Service) ForgetLater(ctx context.Context, sid string) { s.forgetLater(ctx, []string{sid}) }

func (s *Service) forgetLater(ctx context.Context, sids []string) {
	if err := s.ForgetNow(ctx, sids...); err != nil {
		s.Log.WarnContext(ctx, "ended sessions are still in the rotations", "sessions", len(sids), "error", err)
	}
}

// ForgetNow is Forget where the operation must fail if it does.
func (s *Service) ForgetNow(ctx context.Context, sids ...string) error {
	if len(sids) == 0 {
		return nil
	}
	ctx, cancel := Detached(ctx)
	defer cancel()
	if err := s.Rotations.Forget(ctx, sids...); err != nil {
		return fmt.Errorf("forgetting ended sessions: %w", err)
	}
	return nil
}

// DefaultEvery is how soon the rows of an end follow it. Apps are told of it then.
const DefaultEvery = time.Second

// Pace keeps the batches so small, and so far apart, that others do not feel them.
var Pace = sweep.Pace{Batch: 100, Rest: 50 * time.Millisecond, Ease: 4}

// putOff is how long an end waits that failed. The others have their turns meanwhile.
const putOff = 10 * time.Second

// Sweep deals with at most n of the rows that ends have left, and returns how many it
// dealt with. It fits sweep.Table.
func (s *Service) Sweep(ctx context.Context, now time.Time, n int) (rows int64, err error) {
	for rows < int64(n) && ctx.Err() == nil {
		pending, err := s.DB.NextEnd(ctx, now)
		if errors.Is(err, store.ErrNotFound) {
			return rows, nil
		}
		if err != nil {
			return rows, fmt.Errorf("reading a pending end: %w", err)
		}
		step, err := s.follow(ctx, pending, now, n-int(rows))
		rows += step.Rows
		if err != nil {
			return rows, errors.Join(err, s.DB.PutOffEnd(ctx, pending.ID, now.Add(putOff)))
		}
	}
	return rows, nil
}

// follow takes one step of a pending end, and writes the evidence with the last one.
func (s *Service) follow(ctx context.Context, p store.PendingEnd, now time.Time, n int) (step store.EndStep, err error) {
	err = s.DB.Write(ctx, func(tx store.Tx) (err error) {
		step, err = tx.ContinueEnd(p, now, n)
		if err != nil || !step.Done || step.Sessions == 0 {
			return err
		}
		return tx.Audit(about(p.End, p.BrowserID, p.ClientID, audit.SessionsEnded{Reason: p.Reason, Sessions: step.Sessions}).Record(ctx, now))
	})
	if errors.Is(err, store.ErrNotFound) { // another replica was faster
		return store.EndStep{}, nil
	}
	if err != nil {
		return store.EndStep{}, fmt.Errorf("continuing an end: %w", err)
	}
	s.observe(len(step.Ended))
	s.forgetLater(ctx, step.Ended)
	return step, nil
}

// about returns the event of an end. It concerns the user or, where there are many, the
// client.
func about(e store.End, sid, clientID string, what audit.Kind) audit.Event {
	subject := audit.UserSubject(e.Sub)
	if e.Sub == "" {
		subject = audit.ClientSubject(e.ClientID)
	}
	return audit.Event{Actor: cmp.Or(e.Actor, audit.System), Subject: subject, SessionID: sid, ClientID: clientID, What: what}
}
