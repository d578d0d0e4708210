// Package bulk acts on many people at once: those whom a list of IDs or a filter of package
// account selects. Each person is changed by the same call as if they were the only one, with
// the same evidence. The act goes on by itself, for up to a million people: any replica may
// work on it, one at a time, from where the last one has come to.
package bulk

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"gatehouse/internal/account"
	"gatehouse/internal/audit"
	"gatehouse/internal/authz"
	"gatehouse/store"
)

// An Act is what is done to each person.
type Act string

// The acts. The record keeps them, so their values never change.
const (
	Deactivate  Act = "deactivate"
	EndSessions Act = "end_sessions"
)

// Valid reports whether there is such an act.
func (a Act) Valid() bool { return a == Deactivate || a == EndSessions }

var (
	// ErrNobody says that the selection has nobody on whom to act.
	ErrNobody = errors.New("bulk: nobody is selected")
	// ErrTooMany says that too many acts go on already.
	ErrTooMany = errors.New("bulk: too many go on")
)

// A Selection is whom an act concerns: the people with these IDs or, if there are none, those
// whom the parameters of account.Browsing select.
type Selection struct {
	IDs        []int64
	Parameters url.Values
	// UpTo is the highest ID, so that nobody is concerned who joined after the start.
	UpTo int64
}

const (
	// maxIDs bounds a Selection: a page has no more rows.
	maxIDs = 200
	// maxGoing is how many acts may go on at the same time.
	maxGoing = 20
	// held is how long a replica holds an act. It says so again with each batch. If it dies,
	// another goes on after that.
	held = time.Minute
	// batch is how many people have their turn between two looks at the owner's role, at the
	// wish to stop, and at the time.
	batch = 20
)

// Service begins acts, and works on them.
type Service struct {
	DB interface {
		store.BulkJobs
		UserByID(ctx context.Context, id int64) (store.User, error)
		Write(ctx context.Context, f func(store.Tx) error) error
	}
	People interface {
		Browse(ctx context.Context, parameters url.Values, limit int, most int64) (account.Page, error)
		Batch(ctx context.Context, parameters url.Values, after *store.UserPosition, upTo int64, n int) (account.Batch, error)
		Newest(ctx context.Context) (int64, error)
		Change(ctx context.Context, actor authz.Actor, target store.User, in account.Input, replaceAll bool) (store.User, error)
	}
	Sessions interface {
		EndAll(ctx context.Context, actor string, userID int64, except string, reason store.EndReason) (store.EndResult, error)
	}
	Now func() time.Time
	Log *slog.Logger
}

// SelectionOf returns whom an act concerns that was begun.
func SelectionOf(j store.BulkJob) (to Selection, err error) {
	if err := json.Unmarshal([]byte(j.Filter), &to); err != nil {
		return to, fmt.Errorf("reading the selection of an act: %w", err)
	}
	return to, nil
}

// narrowed returns the selection without those on whom the act would change nothing.
func narrowed(act Act, s Selection) Selection {
	if act != Deactivate || len(s.IDs) > 0 {
		return s
	}
	parameters := url.Values{}
	for name, values := range s.Parameters {
		parameters[name] = values
	}
	if parameters.Get("state") == "" {
		parameters.Set("state", account.StateActive)
	}
	s.Parameters = parameters
	return s
}

// A Forecast is what an act would do.
type Forecast struct {
	// People is how many it concerns, without the person who asks: nobody acts on themselves.
	People int64
	// Yourself says that the person who asks is left out.
	Yourself bool
	// Users are the people, if they were selected by ID.
	Users []store.User
}

// Try counts whom an act would concern, exactly.
func (s *Service) Try(ctx context.Context, actor authz.Actor, act Act, selection Selection) (f Forecast, err error) {
	if err := authz.ChangePeople.Allow(actor); err != nil {
		return f, err
	}
	selection = narrowed(act, selection)
	if len(selection.IDs) > 0 {
		users, err := s.named(ctx, selection.IDs)
		for _, u := range users {
			switch {
			case u.ID == actor.UserID:
				f.Yourself = true
			case act != Deactivate || u.Active:
				f.Users = append(f.Users, u)
			}
		}
		f.People = int64(len(f.Users))
		return f, err
	}
	if selection.Parameters.Get("state") == account.StateDeactivated && act == Deactivate {
		return f, nil
	}
	found, err := s.People.Browse(ctx, selection.Parameters, 1, 0)
	if err != nil {
		return f, err
	}
	if f.Yourself, err = s.selects(ctx, selection, actor); f.Yourself {
		found.Total--
	}
	f.People = found.Total
	return f, err
}

// selects reports whether the actor is among those whom a filter selects.
func (s *Service) selects(ctx context.Context, selection Selection, actor authz.Actor) (bool, error) {
	parameters := url.Values{}
	for name, values := range selection.Parameters {
		parameters[name] = values
	}
	parameters.Set("role", string(store.RoleAdmin))
	if role := selection.Parameters.Get("role"); role != "" && role != string(store.RoleAdmin) {
		return false, nil
	}
	for next := (*store.UserPosition)(nil); ; {
		some, err := s.People.Batch(ctx, parameters, next, 0, maxIDs)
		for _, u := range some.Users {
			if u.ID == actor.UserID {
				return true, nil
			}
		}
		if err != nil || some.Next == nil {
			return false, err
		}
		next = some.Next
	}
}

// named returns the people with these IDs who are still there.
func (s *Service) named(ctx context.Context, ids []int64) (users []store.User, err error) {
	for _, id := range ids[:min(len(ids), maxIDs)] {
		u, err := s.DB.UserByID(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		users = append(users, u)
	}
	return users, nil
}

// Begin begins an act, and returns its ID.
func (s *Service) Begin(ctx context.Context, actor authz.Actor, act Act, selection Selection) (string, error) {
	forecast, err := s.Try(ctx, actor, act, selection)
	if err == nil && forecast.People == 0 {
		err = ErrNobody
	}
	if err != nil {
		return "", err
	}
	selection = narrowed(act, selection)
	if selection.UpTo, err = s.People.Newest(ctx); err != nil {
		return "", err
	}
	filter, err := json.Marshal(selection)
	if err != nil {
		return "", fmt.Errorf("encoding a selection: %w", err)
	}
	j := store.BulkJob{
		ID: strings.ToLower(rand.Text()), Act: string(act), OwnerID: actor.UserID, OwnerSub: actor.Sub, Filter: string(filter), Position: "{}",
		Expected: forecast.People, CreatedAt: s.Now(),
	}
	added, err := s.DB.AddBulkJob(ctx, j, maxGoing)
	if err == nil && !added {
		err = ErrTooMany
	}
	return j.ID, err
}

// Jobs returns the acts that began last.
func (s *Service) Jobs(ctx context.Context, actor authz.Actor, n int) ([]store.BulkJob, error) {
	if err := authz.ChangePeople.Allow(actor); err != nil {
		return nil, err
	}
	return s.DB.ListBulkJobs(ctx, n)
}

// Job returns an act, or store.ErrNotFound.
func (s *Service) Job(ctx context.Context, actor authz.Actor, id string) (store.BulkJob, error) {
	if err := authz.ChangePeople.Allow(actor); err != nil {
		return store.BulkJob{}, err
	}
	return s.DB.BulkJobByID(ctx, id)
}

// Stop has an act stop after the people whose turn it is, and reports whether it went on.
func (s *Service) Stop(ctx context.Context, actor authz.Actor, id string) (bool, error) {
	if err := authz.ChangePeople.Allow(actor); err != nil {
		return false, err
	}
	return s.DB.StopBulkJob(ctx, id)
}

// ended is the evidence of an act as a whole.
func ended(j store.BulkJob) audit.Event {
	return audit.Event{Actor: "user:" + j.OwnerSub, What: audit.BulkEnded{
		Act: j.Act, Outcome: string(j.Outcome), Expected: j.Expected, Changed: j.Changed, Skipped: j.Skipped, Failed: j.Failed,
	}}
}
