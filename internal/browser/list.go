package browser

import (
	"context"
	"fmt"
	"slices"

	"gatehouse/internal/audit"
	"gatehouse/store"
)

// List returns the browsers in which the user is signed in, those seen last first, at most
// 100 of them.
func (s *Service) List(ctx context.Context, u store.User) ([]store.BrowserSession, error) {
	now := s.Now()
	browsers, err := s.DB.ListBrowsers(ctx, u.ID, now)
	if err != nil {
		return nil, fmt.Errorf("listing browser sessions: %w", err)
	}
	return slices.DeleteFunc(browsers, func(b store.BrowserSession) bool { return !s.lives(b, u, now) }), nil
}

// EndOne signs the user out of the browser with that ID, and reports whether they were
// signed in there. Another user's browser counts as unknown.
func (s *Service) EndOne(ctx context.Context, u store.User, id string) (bool, error) {
	return s.endOne(ctx, audit.UserSubject(u.Sub), u, id, store.EndedByOwner)
}

// EndFor is EndOne by an administrator. Actor is the String of an authz.Actor.
func (s *Service) EndFor(ctx context.Context, actor string, u store.User, id string) (bool, error) {
	return s.endOne(ctx, actor, u, id, store.EndedByAdmin)
}

func (s *Service) endOne(ctx context.Context, actor string, u store.User, id string, reason store.EndReason) (bool, error) {
	browsers, err := s.List(ctx, u)
	if err != nil {
		return false, err
	}
	at := slices.IndexFunc(browsers, func(b store.BrowserSession) bool { return b.ID == id })
	if at < 0 {
		return false, nil
	}
	return true, s.end(ctx, actor, browsers[at], u, reason)
}
