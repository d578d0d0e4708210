package bulk

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/ending"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

// DefaultEvery is how soon an act begins.
const DefaultEvery = time.Second

// rest is the pause after each batch, for the others who need the database.
const rest = 10 * time.Millisecond

// errOver says that the act is another replica's now, or over.
var errOver = errors.New("bulk: not ours any more")

// A position is how far an act has come: the number of IDs, or the place in the list of the
// filter.
type position struct {
	After *store.UserPosition `json:",omitempty"`
	IDs   int                 `json:",omitempty"`
	// End: nobody is left.
	End bool `json:",omitempty"`
}

// Run works on acts until ctx ends. Any number of replicas may run it.
func (s *Service) Run(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		for ctx.Err() == nil && s.turn(ctx) {
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// turn works on one act, and reports whether there was one that it could work on.
func (s *Service) turn(ctx context.Context) bool {
	now := s.Now()
	j, err := s.DB.ClaimBulkJob(ctx, rand.Text(), now, now.Add(held))
	if errors.Is(err, store.ErrNotFound) {
		return false
	}
	if err == nil {
		err = s.work(ctx, j)
	}
	if err != nil && !errors.Is(err, errOver) && ctx.Err() == nil {
		s.Log.WarnContext(ctx, "an act on many people does not go on; trying again later", "act", j.ID, "error", err)
		return false
	}
	return true
}

// work takes batch after batch. If it is told to end, another replica may go on at once.
func (s *Service) work(ctx context.Context, j store.BulkJob) (err error) {
	var at position
	to, err := SelectionOf(j)
	if err := errors.Join(err, json.Unmarshal([]byte(j.Position), &at)); err != nil {
		return fmt.Errorf("reading an act on many people: %w", err)
	}
	defer func() {
		if ctx.Err() != nil && !errors.Is(err, errOver) {
			err = s.save(ctx, &j, at)
		}
	}()
	for ctx.Err() == nil {
		actor, err := s.owner(ctx, j)
		switch {
		case errors.Is(err, authz.ErrDenied):
			return s.finish(ctx, j, store.BulkRefused)
		case err != nil:
			return err
		case j.Outcome == store.BulkStopping:
			return s.finish(ctx, j, store.BulkStopped)
		case at.End:
			return s.finish(ctx, j, store.BulkDone)
		}
		if at, err = s.step(ctx, actor, &j, to, at); err != nil {
			return err
		}
		wait(ctx, rest)
	}
	return nil
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// owner returns who acts, with the role of today.
func (s *Service) owner(ctx context.Context, j store.BulkJob) (authz.Actor, error) {
	u, err := s.DB.UserByID(ctx, j.OwnerID)
	if errors.Is(err, store.ErrNotFound) {
		return authz.Actor{}, authz.ErrDenied
	}
	if err != nil {
		return authz.Actor{}, err
	}
	actor := authz.Actor{UserID: u.ID, Sub: u.Sub, Role: u.Role, Scope: authz.ForRole(u.Role)}
	if !u.Active {
		return actor, authz.ErrDenied
	}
	return actor, authz.ChangePeople.Allow(actor)
}

// step has the people of the next batch have their turn, and puts on record how far it has
// come. If ctx ends, it finishes the person whose turn it is, and lets go of the act.
func (s *Service) step(ctx context.Context, actor authz.Actor, j *store.BulkJob, to Selection, at position) (position, error) {
	users, next, err := s.next(ctx, to, at)
	if err != nil {
		return at, err
	}
	for _, u := range users {
		if ctx.Err() != nil {
			next = at // what was done is done again, and changes nothing
			break
		}
		changed, err := s.act(context.WithoutCancel(ctx), actor, Act(j.Act), u)
		switch {
		case errors.Is(err, authz.ErrDenied): // the next look at the role ends the act
			next = at
		case errors.Is(err, store.ErrUnavailable):
			return at, err
		case err != nil:
			j.Failed++
			s.Log.WarnContext(ctx, "an act on many people failed on one of them", "act", j.ID, "person", u.Sub, "error", err)
		case changed:
			j.Changed++
		default:
			j.Skipped++
		}
	}
	return next, s.save(ctx, j, next)
}

func (s *Service) save(ctx context.Context, j *store.BulkJob, at position) error {
	text, err := json.Marshal(at)
	if err != nil {
		return fmt.Errorf("encoding a position: %w", err)
	}
	j.Position, j.HeldUntil = string(text), s.Now().Add(held)
	if ctx.Err() != nil {
		j.HeldUntil = time.Time{}
	}
	saving, cancel := ending.Detached(ctx)
	defer cancel()
	j.Outcome, err = s.DB.SaveBulkJob(saving, *j)
	if errors.Is(err, store.ErrNotFound) {
		return errOver
	}
	return err
}

// next returns the people of the next batch, and where the one after it begins.
func (s *Service) next(ctx context.Context, to Selection, at position) ([]store.User, position, error) {
	if len(to.IDs) > 0 {
		end := min(at.IDs+batch, len(to.IDs))
		users, err := s.named(ctx, to.IDs[at.IDs:end])
		return users, position{IDs: end, End: end == len(to.IDs)}, err
	}
	some, err := s.People.Batch(ctx, to.Parameters, at.After, to.UpTo, batch)
	return some.Users, position{After: some.Next, End: some.Next == nil}, err
}

// act does to one person what is to be done, and reports whether that changed anything. The
// owner and the last administrator are left out.
func (s *Service) act(ctx context.Context, actor authz.Actor, act Act, u store.User) (bool, error) {
	switch {
	case u.ID == actor.UserID:
		return false, nil
	case act == EndSessions:
		ended, err := s.Sessions.EndAll(ctx, actor.String(), u.ID, "", store.EndedByAdmin)
		return len(ended.Sessions) > 0 || ended.More, unlessGone(err)
	case !u.Active:
		return false, nil
	}
	_, err := s.People.Change(ctx, actor, u, account.Input{Active: fields.On(false)}, false)
	if errors.Is(err, authz.ErrLastAdmin) {
		return false, nil
	}
	return err == nil, unlessGone(err)
}

// unlessGone returns err, unless it says that the person was deleted meanwhile.
func unlessGone(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// finish puts on record how the act ended, with its evidence.
func (s *Service) finish(ctx context.Context, j store.BulkJob, outcome store.BulkOutcome) error {
	j.Outcome, j.FinishedAt = outcome, s.Now()
	err := s.DB.Write(ctx, func(tx store.Tx) error {
		finished, err := tx.FinishBulkJob(j)
		if err != nil || !finished {
			return err
		}
		return tx.Audit(ended(j).Record(ctx, j.FinishedAt))
	})
	if err != nil {
		return fmt.Errorf("ending an act on many people: %w", err)
	}
	return nil
}
