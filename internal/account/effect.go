package account

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"gatehouse/internal/authz"
	"gatehouse/internal/session"
	"gatehouse/store"
)

// An Effect is what a change of a person touches. A role is another one in Apps from the next
// request to our own API on; a deactivation or deletion ends the sessions.
type Effect struct {
	// Sessions counts the living sessions in apps, up to 1,000.
	Sessions int
	// Apps are where they are, those with most of them first.
	Apps []AffectedApp
}

// An AffectedApp is an app with a person's living sessions in it.
type AffectedApp struct {
	Client   store.Client
	Sessions int
}

// Effect returns what the change c of target, as just read, would touch now. A change to what
// is so already touches nothing. It returns authz.ErrLastAdmin for a change that would take
// away the last administrator.
func (s *Service) Effect(ctx context.Context, target store.User, c authz.Change) (Effect, error) {
	last, err := s.LastAdmin(ctx, target)
	if err == nil {
		err = authz.ChangePerson(authz.Operator, target, c, !last)
	}
	if err != nil {
		return Effect{}, err
	}
	same := (c.Role == nil || *c.Role == target.Role) && (c.Active == nil || *c.Active == target.Active)
	if same && !c.Delete {
		return Effect{}, nil
	}
	return s.Touched(ctx, target.ID)
}

// Touched is the Effect of any change that touches all that a person does in apps.
func (s *Service) Touched(ctx context.Context, userID int64) (Effect, error) {
	sessions, err := s.DB.ListSessions(ctx, userID, s.Now())
	if err != nil {
		return Effect{}, fmt.Errorf("counting sessions: %w", err)
	}
	counts := map[string]int{}
	for _, one := range sessions {
		counts[one.ClientID]++
	}
	touched := Effect{Sessions: len(sessions), Apps: []AffectedApp{}}
	for id, n := range counts {
		client, err := s.clientOf(ctx, id)
		if err != nil {
			return Effect{}, err
		}
		touched.Apps = append(touched.Apps, AffectedApp{client, n})
	}
	slices.SortFunc(touched.Apps, func(a, b AffectedApp) int {
		return cmp.Or(cmp.Compare(b.Sessions, a.Sessions), cmp.Compare(a.Client.ID, b.Client.ID))
	})
	return touched, nil
}

// clientOf returns a client; only the ID of one that was just deleted.
func (s *Service) clientOf(ctx context.Context, id string) (store.Client, error) {
	if id == session.AccountsID {
		return session.Accounts(store.RotationStrict), nil
	}
	client, err := s.DB.ClientByID(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return store.Client{ID: id}, nil
	}
	if err != nil {
		return store.Client{}, fmt.Errorf("reading a client with sessions: %w", err)
	}
	return client, nil
}

// LastAdmin reports whether u is the only active administrator. It is for telling people
// beforehand: the transaction of a change finds out again.
func (s *Service) LastAdmin(ctx context.Context, u store.User) (bool, error) {
	if u.Role != store.RoleAdmin || !u.Active {
		return false, nil
	}
	active := true
	page, err := s.DB.ListUsers(ctx, store.UserQuery{Role: store.RoleAdmin, Active: &active, OrderBy: store.ByID, Limit: 2})
	if err != nil {
		return false, fmt.Errorf("looking for another administrator: %w", err)
	}
	return !slices.ContainsFunc(page.Users, func(other store.User) bool { return other.ID != u.ID }), nil
}
