package document

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gatehouse/internal/apis"
	"gatehouse/internal/audit"
	"gatehouse/internal/client"
	"gatehouse/internal/throttle"
	"gatehouse/store"
)

// The documents of clients that nobody ever allowed anything.
const (
	maxStrangers       = 1000
	maxStrangersNearby = 50
	// retryRoom is when to ask again where all of them are in use.
	retryRoom = time.Minute
)

// keep records the client and its document, and returns the client from the record.
func (s *Service) keep(ctx context.Context, c store.Client, d store.ClientDocument) (Found, error) {
	var kept store.ClientDocument
	var err error
	for range 2 { // another replica may be the first to add it
		err = s.DB.Write(ctx, func(tx store.Tx) (err error) {
			kept, err = record(ctx, tx, c, d)
			return err
		})
		if !errors.Is(err, store.ErrConflict) {
			break
		}
	}
	if errors.Is(err, store.ErrFull) {
		err = fmt.Errorf("%w: %w", err, &throttle.Limited{RetryAfter: retryRoom})
	}
	if refused, ok := errors.AsType[*Refused](err); ok {
		return Found{}, refused
	}
	if err != nil {
		return Found{}, fmt.Errorf("keeping a client's document: %w", err)
	}
	c, err = s.Clients.Fresh(ctx, c.ID)
	return Found{c, kept.AskSince}, err
}

// record adds a client and its document, or brings them up to date.
func record(ctx context.Context, tx store.Tx, c store.Client, d store.ClientDocument) (store.ClientDocument, error) {
	was, err := tx.LockClient(c.ID)
	if errors.Is(err, store.ErrNotFound) {
		return d, add(tx, c, d)
	}
	if err != nil || was.Origin != store.OriginDocument { // an administrator has just adopted it
		return store.ClientDocument{}, err
	}
	before, err := tx.LockClientDocument(c.ID)
	if err != nil || before.FetchedAt.After(d.FetchedAt) { // another replica was later
		return before, err
	}
	d.Network, d.AllowedAt, d.AskSince = before.Network, before.AllowedAt, before.AskSince
	if mustAsk(was, c) {
		d.AskSince = d.FetchedAt
	}
	if err := replace(ctx, tx, was, c, d); err != nil {
		return d, err
	}
	return d, tx.PutClientDocument(d)
}

// add makes room for a client and adds it, unless its ID is the identifier of an API.
func add(tx store.Tx, c store.Client, d store.ClientDocument) error {
	if err := tx.LockAPIs(); err != nil { // whatever the ID: the room is counted under this lock, too
		return err
	}
	err := apis.CheckClientID(tx, c.ID)
	if errors.Is(err, apis.ErrIsIdentifier) {
		return Ours.because("%.300q is the identifier of an API", c.ID)
	}
	if err != nil {
		return err
	}
	err = tx.CrowdOutClientDocuments(store.DocumentRoom{Network: d.Network, PerNetwork: maxStrangersNearby, Total: maxStrangers})
	if err != nil {
		return err
	}
	if err := tx.CreateClient(c); err != nil {
		return err
	}
	return tx.PutClientDocument(d)
}

// replace writes what changed of a client. A change that people are asked about goes on
// record, unless nobody has allowed the client anything: a stranger could write any number.
func replace(ctx context.Context, tx store.Tx, was, is store.Client, d store.ClientDocument) error {
	is.Disabled, is.CreatedAt, is.UpdatedAt, is.Generation = was.Disabled, was.CreatedAt, was.UpdatedAt, was.Generation
	changed := client.Change(was, is)
	if len(changed.After) == 0 {
		return nil
	}
	is.UpdatedAt = d.FetchedAt
	if err := tx.PutClient(is); err != nil || d.AllowedAt.IsZero() || !mustAsk(was, is) {
		return err
	}
	subject := audit.ClientSubject(is.ID)
	return tx.Audit(audit.Event{Actor: subject, Subject: subject, ClientID: is.ID, What: changed}.Record(ctx, d.FetchedAt))
}

// mustAsk reports whether a client has changed so that an earlier consent is not enough:
// answers may go elsewhere, or it proves less. Changed keys say nothing, as apps rotate them.
func mustAsk(was, is store.Client) bool {
	return is.Public() && !was.Public() || !slices.Equal(slices.Sorted(slices.Values(was.RedirectURIs)), slices.Sorted(slices.Values(is.RedirectURIs)))
}
