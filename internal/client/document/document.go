// Package document knows clients by the documents at the URLs that are their IDs
// (draft-ietf-oauth-client-id-metadata-document-02): the rules of the URL and of the
// document, the fetch, and the copy that is kept as a client of store.OriginDocument.
package document

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"gatehouse/internal/client"
	"gatehouse/internal/throttle"
	"gatehouse/store"
)

// Service finds clients, those by URL among them.
type Service struct {
	DB interface {
		store.ClientDocuments
		Write(ctx context.Context, f func(store.Tx) error) error
	}
	// Clients is the record, at most a second old.
	Clients interface {
		ClientByID(ctx context.Context, id string) (store.Client, error)
		Fresh(ctx context.Context, id string) (store.Client, error)
	}
	// Rules are those of a registration.
	Rules interface {
		Describe(c *store.Client, in client.Input) error
	}
	// HTTP fetches, and refuses what leads inside (package outbound).
	HTTP *http.Client
	// Limits count the fetches that fail, and the documents that are new.
	Limits interface {
		Document(ctx context.Context, at string) (*throttle.Attempt, error)
		NewDocument(ctx context.Context) error
	}
	Switch *Switch
	// Issuer and Audience are ours: no client has a URL below the one, or the other as its URL.
	Issuer, Audience string
	// Patience is how long a fetch may take (DefaultPatience).
	Patience time.Duration
	Now      func() time.Time

	flights flights
}

// Found is a client, with what is kept of its document.
type Found struct {
	Client store.Client
	// AskSince is when the document, or the registration of a client that registered itself,
	// last changed so that a person must be asked again.
	AskSince time.Time
}

// prefixes are how an ID begins that is a URL. No registered ID begins so.
var prefixes = []string{"https://", "http://"}

func isURL(id string) bool {
	return strings.HasPrefix(id, prefixes[0]) || strings.HasPrefix(id, prefixes[1])
}

// Find returns a client that begins a request, or store.ErrNotFound. It fetches the document
// of a client by URL unless the kept copy is fresh. With a document that cannot be used it
// returns a *Refused; it may also return a *throttle.Limited or store.ErrUnavailable.
func (s *Service) Find(ctx context.Context, id string) (Found, error) {
	return s.find(ctx, id, func(d store.ClientDocument) bool { return s.Now().Before(d.FreshUntil) })
}

// Again is Find for a request that is being continued: a kept copy is good for it, fresh or
// not, so that a host which fails meanwhile does not interrupt a person.
func (s *Service) Again(ctx context.Context, id string) (Found, error) {
	return s.find(ctx, id, func(store.ClientDocument) bool { return true })
}

func (s *Service) find(ctx context.Context, id string, good func(store.ClientDocument) bool) (Found, error) {
	c, err := s.Clients.ClientByID(ctx, id)
	known := err == nil
	switch {
	case known && c.Origin != store.OriginDocument, known && c.Disabled:
		return Found{c, c.AskSince}, nil
	case err != nil && (!errors.Is(err, store.ErrNotFound) || !isURL(id)):
		return Found{}, err
	}
	on, err := s.Switch.On(ctx)
	if err != nil {
		return Found{}, err
	}
	if !on {
		return Found{}, fmt.Errorf("clients by URL are off: %w", store.ErrNotFound)
	}
	if err := s.allowed(id); err != nil {
		return Found{}, err
	}
	return s.kept(ctx, c, id, good)
}

// kept returns the kept copy if it is good, and otherwise fetches the document. The copy
// may have been deleted since c was read, or never have been there.
func (s *Service) kept(ctx context.Context, c store.Client, id string, good func(store.ClientDocument) bool) (Found, error) {
	d, err := s.DB.ClientDocument(ctx, id)
	switch {
	case err == nil && c.ID != "" && good(d):
		return Found{c, d.AskSince}, nil
	case err != nil && !errors.Is(err, store.ErrNotFound):
		return Found{}, fmt.Errorf("reading a client's document: %w", err)
	}
	return s.flights.take(ctx, id, func(ctx context.Context) (Found, error) {
		if found, ok := s.learnt(ctx, id, good); ok {
			return found, nil
		}
		return s.learn(ctx, id, err != nil)
	})
}

// learnt returns the copy that another fetch has brought since this caller looked for one.
func (s *Service) learnt(ctx context.Context, id string, good func(store.ClientDocument) bool) (Found, bool) {
	d, err := s.DB.ClientDocument(ctx, id)
	if err != nil || !good(d) {
		return Found{}, false
	}
	c, err := s.Clients.Fresh(ctx, id)
	return Found{c, d.AskSince}, err == nil
}

// learn fetches the document and keeps it.
func (s *Service) learn(ctx context.Context, id string, first bool) (Found, error) {
	attempt, err := s.attempt(ctx, id, first)
	if err != nil {
		return Found{}, fmt.Errorf("fetching a client's document: %w", err)
	}
	c, d, err := s.fetch(ctx, id)
	if err != nil {
		attempt.Failed(ctx)
		return Found{}, err
	}
	attempt.Abandoned(ctx) // it was good, so it does not count
	return s.keep(ctx, c, d)
}

// attempt takes a slot for a fetch. Of a document that was never there, nobody has vouched
// for the path, so all of its host's count together.
func (s *Service) attempt(ctx context.Context, id string, first bool) (*throttle.Attempt, error) {
	if !first {
		return s.Limits.Document(ctx, id)
	}
	attempt, err := s.Limits.Document(ctx, host(id))
	if err != nil {
		return nil, err
	}
	if err := s.Limits.NewDocument(ctx); err != nil {
		attempt.Abandoned(ctx)
		return nil, err
	}
	return attempt, nil
}
