package account

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"gatehouse/internal/cursor"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

// IdleAfter is how long ago the last sign-in of an idle person is at least.
const IdleAfter = 90 * 24 * time.Hour

// The values of a filter that is not a role.
const (
	StateActive      = "active"
	StateDeactivated = "deactivated"
	FactorHas        = "has"
	FactorNone       = "none"
	Set              = "1"
)

// Browsing are the parameters by which people are selected in the console: words to search
// for, and filters.
func Browsing() []string {
	return []string{"search", "role", "state", "unverified", "factor", "idle"}
}

// Browse returns a page of the people whom the parameters of Browsing and cursor select, in the
// order that costs least. It counts no further than most, but all if that is 0.
func (s *Service) Browse(ctx context.Context, parameters url.Values, limit int, most int64) (Page, error) {
	q, err := s.selection(parameters)
	if err != nil {
		return Page{}, err
	}
	list := "browse"
	for _, name := range Browsing() {
		list += fmt.Sprintf(" %q", parameters.Get(name))
	}
	if parameters.Has("cursor") {
		q.After = &store.UserPosition{}
		if err := s.Cursors.Open(list, parameters.Get("cursor"), q.After); errors.Is(err, cursor.ErrForged) {
			return Page{}, fields.New("cursor", "Invalid cursor.")
		} else if err != nil {
			return Page{}, err
		}
	}
	q.Limit, q.Most = limit, most
	found, err := s.DB.ListUsers(ctx, q)
	if err != nil {
		return Page{}, fmt.Errorf("listing people: %w", err)
	}
	page := Page{Users: found.Users, Total: found.Total, Beyond: found.Beyond}
	if found.More {
		page.Next, err = s.Cursors.Seal(list, last(q, found))
	}
	return page, err
}

// A Batch is a part of all the people whom parameters select.
type Batch struct {
	Users []store.User
	// Next is where the next batch begins; nil: this is the last.
	Next *store.UserPosition
}

// Batch returns the next n people of those whom the parameters select, with an ID up to upTo
// (0: any), without counting them.
func (s *Service) Batch(ctx context.Context, parameters url.Values, after *store.UserPosition, upTo int64, n int) (Batch, error) {
	q, err := s.selection(parameters)
	if err != nil {
		return Batch{}, err
	}
	q.After, q.UpTo, q.Limit, q.Most = after, upTo, n, store.Uncounted
	found, err := s.DB.ListUsers(ctx, q)
	if err != nil {
		return Batch{}, fmt.Errorf("listing people: %w", err)
	}
	b := Batch{Users: found.Users}
	if found.More {
		b.Next = new(last(q, found))
	}
	return b, nil
}

// Newest returns the highest ID of a person.
func (s *Service) Newest(ctx context.Context) (int64, error) {
	found, err := s.DB.ListUsers(ctx, store.UserQuery{OrderBy: store.ByID, Descending: true, Limit: 1, Most: store.Uncounted})
	if err != nil || len(found.Users) == 0 {
		return 0, err
	}
	return found.Users[0].ID, nil
}

// last returns the position of the last person of a page.
func last(q store.UserQuery, page store.UserPage) store.UserPosition {
	if q.OrderBy == store.ByMatch {
		return page.Last
	}
	return position(page.Users[len(page.Users)-1], q.OrderBy)
}

// selection reads the parameters of Browsing.
func (s *Service) selection(parameters url.Values) (store.UserQuery, error) {
	faults, q := &fields.Errors{}, store.UserQuery{OrderBy: store.ByUsername}
	for _, p := range []struct {
		name string
		read func(*store.UserQuery, string) string
	}{
		{"search", readSearch}, {"role", readRole}, {"state", readState}, {"unverified", readUnverified}, {"factor", readFactor}, {"idle", s.readIdle},
	} {
		if value := parameters.Get(p.name); value != "" {
			if fault := p.read(&q, value); fault != "" {
				faults.Add(p.name, fault)
			}
		}
	}
	switch {
	case len(q.Search) > 0:
		q.OrderBy = store.ByMatch
	case q.Verified == nil && q.Second == nil && !q.IdleSince.IsZero():
		q.OrderBy = store.ByLastLogin
	}
	return q, faults.Err()
}

func readState(q *store.UserQuery, value string) string {
	return readEither(&q.Active, value, StateActive, StateDeactivated)
}

func readFactor(q *store.UserQuery, value string) string {
	return readEither(&q.Second, value, FactorHas, FactorNone)
}

func readUnverified(q *store.UserQuery, value string) string {
	q.Verified = new(false)
	return readSet(value)
}

func (s *Service) readIdle(q *store.UserQuery, value string) string {
	q.IdleSince = s.Now().Add(-IdleAfter)
	return readSet(value)
}

func readEither(to **bool, value, yes, no string) string {
	*to = new(value == yes)
	if value != yes && value != no {
		return notAChoice(value)
	}
	return ""
}

func readSet(value string) string {
	if value != Set {
		return notAChoice(value)
	}
	return ""
}
